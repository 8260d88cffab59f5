/**
 * Puts the next version of the key ring into force: verified, stored and logged in one
 * transaction, in which the log is locked, so that versions of two replicas stand in one line.
 */
import { verifyNextKeyRing, type TrustedKeyRing } from '@trustmonitor/evidence';
import { nodeVerifier } from '@trustmonitor/evidence/node';
import type { Envelope } from '@trustmonitor/protocol';
import { rowOf, type KeyRings } from '../keyrings.ts';
import { appendToLog } from '../log/append.ts';
import { loggableRing } from '../log/transparency.ts';
import type { Queryable } from '../store/database.ts';
import { insertKeyRings } from '../store/keyrings.ts';
import { lockLogTree } from '../store/log.ts';

/** The newest version and the size of the log, neither of which can change until the end of `tx`. */
export async function lockKeyRings(
  tx: Queryable,
  keyRings: KeyRings,
): Promise<{ ring: TrustedKeyRing; logSize: number }> {
  const { size } = await lockLogTree(tx);
  await keyRings.refresh(tx);
  return { ring: keyRings.ring, logSize: size };
}

/**
 * Stores and logs the version after `previous`. Only after `lockKeyRings`, in the same
 * transaction. Throws `keyring.invalid` and what else makes a version void.
 */
export async function storeNextRing(
  tx: Queryable,
  envelope: Envelope,
  previous: TrustedKeyRing,
  { root }: Pick<KeyRings, 'root'>,
): Promise<TrustedKeyRing> {
  const next = verifyNextKeyRing(envelope, root, previous, nodeVerifier);
  await insertKeyRings(tx, [rowOf(envelope, next.version - 1)]);
  if (next.ring.policy.witness !== null) await appendToLog(tx, [loggableRing(envelope, next)]);
  return next;
}
