/** Evidence that is complete in a moment. */
import { isTrustMonitorError } from '@trustmonitor/protocol';
import type { Context } from '../context.ts';

/** Witnesses cosign within a second or two; somebody who asks that soon should not have to know. */
const WITNESS_LIMIT_MS = 15_000;

export async function whenWitnessed(
  fetchEvidence: () => Promise<Uint8Array>,
  { terminal }: Context,
): Promise<Uint8Array> {
  const { until } = await import('../stack/until.ts');
  let isSaid = false;
  const attempt = async (): Promise<Uint8Array | null> => {
    try {
      return await fetchEvidence();
    } catch (error) {
      if (!isTrustMonitorError(error, 'evidence.pending')) throw error;
      if (!isSaid) terminal.say('Waiting for the witnesses to cosign it...');
      isSaid = true;
      return null;
    }
  };
  return (await until(attempt, { withinMs: WITNESS_LIMIT_MS })) ?? fetchEvidence();
}
