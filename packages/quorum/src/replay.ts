import type { Replayed, ReplayClaim } from './types.ts';

export function replay(claim: ReplayClaim): Replayed {
  throw new Error(`not built yet: ${claim.step}`);
}
