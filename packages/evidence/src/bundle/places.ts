/**
 * The places in the log that evidence must show, beside that of its newest record: those of the
 * records before it, and those of batches by keys that were revoked later. A key is revoked from a
 * place on, so what it signed stands if it is proven to be before that.
 */
import type { Envelope } from '@trustmonitor/protocol';

/** A logged document: its payload's digest (hex), its envelope, the raw key that signed it. */
export interface Placed {
  readonly digest: string;
  readonly envelope: Envelope;
  readonly publicKey: Uint8Array;
}

/** A document whose signer may have been revoked. */
export interface PlacedBatch extends Placed {
  readonly isRevoked: boolean;
}

/**
 * In the order in which a file lists them: the records, oldest first and without the newest, then
 * each such batch once, as the votes first name them.
 */
export function placesNeeded(
  earlierRecords: readonly Placed[],
  batches: readonly PlacedBatch[],
): Placed[] {
  const needed = new Map(earlierRecords.map((record) => [record.digest, record]));
  for (const batch of batches) {
    if (batch.isRevoked && !needed.has(batch.digest)) needed.set(batch.digest, batch);
  }
  return [...needed.values()];
}
