/** Bytes from an agent -> verified results, or a refusal that the agent is told of. */
import { openBatch, type KeySource, type OpenedBatch } from '@trustmonitor/evidence';
import { nodeVerifier } from '@trustmonitor/evidence/node';
import { TrustMonitorError, isTrustMonitorError } from '@trustmonitor/protocol';

/** A batch message as it came, with when it came by the coordinator's clock. */
export interface ReceivedBatch {
  /** Who the broker let publish it, from the subject. */
  readonly agent: string;
  /** The shard that it was sent to: that of its results' monitors. */
  readonly shard: number;
  readonly message: Uint8Array;
  readonly arrivedAtMs: number;
}

export interface Accepted {
  readonly accepted: true;
  readonly received: ReceivedBatch;
  readonly shard: number;
  readonly arrivedAtMs: number;
  readonly opened: OpenedBatch;
}

export interface Rejected {
  readonly accepted: false;
  readonly shard: number;
  readonly received: ReceivedBatch;
  readonly error: TrustMonitorError;
}

export type Intake = Accepted | Rejected;

/**
 * Opens one batch: signature, canonical bytes, tree head, and each result against the key that
 * signed. See `isFinal` for what becomes of a refused one.
 *
 * What a result may then count for is decided later: freshness by the round that it is bound
 * to, repetition by the engine and by the table's key.
 */
export function takeIn(received: ReceivedBatch, keys: KeySource): Intake {
  try {
    const opened = openBatch(received.message, keys, nodeVerifier);
    requireSender(opened, received.agent);
    requireStanding(opened);
    const { shard, arrivedAtMs } = received;
    return { accepted: true, received, shard, arrivedAtMs, opened };
  } catch (cause) {
    const error = isTrustMonitorError(cause)
      ? cause
      : new TrustMonitorError('internal', 'the batch cannot be opened', { cause });
    return { accepted: false, shard: received.shard, received, error };
  }
}

/** No verifier would accept a vote by such a key. */
function requireStanding({ key }: OpenedBatch): void {
  if (key.revokedAtLogSize === null) return;
  throw new TrustMonitorError('batch.invalid', `key ${key.kid} is revoked`);
}

/** The broker knows the sender by its NKey, the signature by its vote key: they must agree. */
function requireSender(opened: OpenedBatch, sender: string): void {
  if (opened.key.agent !== sender) {
    throw new TrustMonitorError(
      'message.malformed',
      `${sender} sent a batch signed by ${opened.key.agent ?? 'nobody'}`,
    );
  }
}

/**
 * Whether sending the same bytes again can never help. A key that is not known yet may be in
 * the next key ring, and what a newer agent says will be understood after the upgrade, so their
 * batches stay in the agent's spool.
 */
export function isFinal(error: TrustMonitorError): boolean {
  return error.code !== 'key.unknown' && error.code !== 'message.version';
}
