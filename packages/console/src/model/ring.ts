/** The key ring in force, read for display. Whether it is true, verifiers say, by the pinned root. */
import type { Envelope, KeyRing, RingKey } from '@trustmonitor/protocol';
import { textOf } from './statement.ts';

/** Of all versions, oldest first. Null where there is none. */
export function newestRing(envelopes: readonly Envelope[]): KeyRing | null {
  const newest = envelopes.at(-1);
  return newest === undefined ? null : (JSON.parse(textOf(newest.payload)) as KeyRing);
}

export type KeyState = 'in force' | 'not yet' | 'expired' | 'revoked';

export function stateOfKey({ validFor, revokedAtLogSize }: RingKey, nowMs: number): KeyState {
  if (revokedAtLogSize !== null) return 'revoked';
  if (Date.parse(validFor.start) > nowMs) return 'not yet';
  return validFor.end !== null && Date.parse(validFor.end) <= nowMs ? 'expired' : 'in force';
}
