/** Appends to the transparency log, in the transaction of what is recorded. */
import { appendLeaves, decodeBase64Url, leafHash, logLeafOf } from '@trustmonitor/evidence';
import { nodeVerifier } from '@trustmonitor/evidence/node';
import type { Envelope } from '@trustmonitor/protocol';
import type { Queryable } from '../store/database.ts';
import {
  appendTiles,
  insertLogEntries,
  lockLogTree,
  updateLogTree,
  type LogKind,
} from '../store/log.ts';

export interface Loggable {
  readonly kind: LogKind;
  /** SHA-256 of the payload, in hex. */
  readonly digest: string;
  readonly envelope: Envelope;
  /** Raw public keys of the envelope's signatures, in order. */
  readonly publicKeys: readonly Uint8Array[];
}

/**
 * Appends in the order given and returns the place of each, by digest. What must not be logged
 * twice must not be given twice: the table refuses it.
 */
export async function appendToLog(
  tx: Queryable,
  items: readonly Loggable[],
): Promise<Map<string, number>> {
  if (items.length === 0) return new Map();
  const { sha256 } = nodeVerifier;
  const before = await lockLogTree(tx);
  const entries = items.map(({ kind, digest, envelope, publicKeys }, i) => ({
    index: before.size + i,
    kind,
    digest,
    body: logLeafOf(envelope, publicKeys),
  }));
  const hashes = entries.map(({ body }) => leafHash(body, sha256));
  const { tree, rows } = appendLeaves(before, hashes, sha256);
  await insertLogEntries(tx, entries);
  await appendTiles(tx, rows);
  await updateLogTree(tx, tree);
  return new Map(entries.map(({ digest, index }) => [digest, index]));
}

/** The raw key of a JWK. */
export const rawKeyOf = ({ x }: { readonly x: string }): Uint8Array => decodeBase64Url(x);
