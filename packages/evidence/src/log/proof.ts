/** Proofs of inclusion that need nothing else (https://c2sp.org/tlog-proof). */
import { decodeBase64, encodeBase64 } from '../encoding/base64.ts';
import { malformed } from '../errors.ts';
import { HASH_BYTES } from '../merkle/hash.ts';
import { parseDecimal } from './checkpoint.ts';

export interface TlogProof {
  readonly index: number;
  /** Audit path from the leaf upwards. */
  readonly path: readonly Uint8Array[];
  /** The checkpoint, a signed note as it was published. */
  readonly checkpoint: string;
}

const MAGIC = 'c2sp.org/tlog-proof@v1';

/** As many as a tree of 2^53 leaves can need. */
const MAX_PATH = 53;

export function formatTlogProof({ index, path, checkpoint }: TlogProof): string {
  const lines = [MAGIC, `index ${index}`, ...path.map((hash) => encodeBase64(hash))];
  return `${lines.join('\n')}\n\n${checkpoint}`;
}

/**
 * Throws `message.malformed`. An `extra` line is refused: no signature covers it, and every byte
 * of our files is covered by one.
 */
export function parseTlogProof(text: string): TlogProof {
  const split = text.indexOf('\n\n');
  if (split === -1) throw malformed('the log proof has no checkpoint');
  const [magic, indexLine = '', ...hashes] = text.slice(0, split).split('\n');
  if (magic !== MAGIC) throw malformed(`the log proof does not start with ${MAGIC}`);
  if (!indexLine.startsWith('index ')) throw malformed('the log proof names no index');
  if (hashes.length > MAX_PATH) throw malformed('the log proof is too long');
  return {
    index: parseDecimal(indexLine.slice('index '.length), 'the index of the log proof'),
    path: hashes.map(parseHash),
    checkpoint: text.slice(split + 2),
  };
}

function parseHash(line: string): Uint8Array {
  const hash = decodeBase64(line, 'a hash of the log proof');
  if (hash.length !== HASH_BYTES) throw malformed('a hash of the log proof is not a SHA-256');
  return hash;
}
