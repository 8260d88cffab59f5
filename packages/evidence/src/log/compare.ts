/** Two checkpoints side by side: when they conflict, they are proof that the log lied. */
import type { SignatureVerifier } from '../ed25519/types.ts';
import { equalBytes } from '../encoding/bytes.ts';
import { verifyConsistency } from '../merkle/verify.ts';
import { parseCheckpoint, requireLogSignature, type Checkpoint } from './checkpoint.ts';
import { parseNote } from './note.ts';
import type { NoteKey } from './vkey.ts';

/**
 * `same`: one tree. `consistent`: the smaller is the beginning of the larger. `conflict`: one
 * log signed two trees of one size. `unproven`: the sizes differ, and no proof connects them;
 * whether the log lied is for it to answer.
 */
export type Comparison = 'same' | 'consistent' | 'conflict' | 'unproven';

/**
 * Compares two checkpoints of one log; `proof` is the consistency proof between them, if there
 * is one. Throws `message.malformed`, or `signature.invalid` when the log did not sign both.
 */
export function compareCheckpoints(
  notes: readonly [string, string],
  log: NoteKey,
  proof: readonly Uint8Array[] | null,
  verifier: SignatureVerifier,
): Comparison {
  const a = open(notes[0], log, verifier);
  const b = open(notes[1], log, verifier);
  if (a.size === b.size) return equalBytes(a.root, b.root) ? 'same' : 'conflict';
  const [older, newer] = a.size < b.size ? [a, b] : [b, a];
  if (proof === null) return 'unproven';
  const { sha256 } = verifier;
  return verifyConsistency(older.size, newer.size, older.root, newer.root, proof, sha256)
    ? 'consistent'
    : 'unproven';
}

function open(note: string, log: NoteKey, verifier: SignatureVerifier): Checkpoint {
  const signed = parseNote(note);
  requireLogSignature(signed, log, verifier);
  return parseCheckpoint(signed.text);
}
