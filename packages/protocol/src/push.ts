/**
 * Who votes on heartbeat monitors: nobody can probe a job that reports in by itself, so the
 * coordinator votes on what it was told, with a vote key of its own in the key ring.
 */
import type { Member } from './evidence/record.ts';
import type { RingKey } from './evidence/keyring.ts';

/** The names that this key has in the key ring. No real agent, region or group may have them. */
export const PUSH = { agent: 'push', region: 'push', group: 'push' } as const;

/** Whether this region or key is the coordinator's own, which no other kind of monitor asks. */
export function isPush({ region }: Pick<Member | RingKey, 'region'>): boolean {
  return region === PUSH.region;
}
