/**
 * A witness's judgement (https://c2sp.org/tlog-witness, `add-checkpoint`), without its storage.
 *
 * A witness remembers the newest tree it cosigned for a log. It cosigns a checkpoint only when
 * the log signed it and a proof shows that the remembered tree is its beginning. The caller keeps
 * `next` durably, in one step with the comparison to `last`, before the cosignature leaves: a
 * witness that forgets would cosign two histories.
 */
import { decodeBase64, encodeBase64 } from '../encoding/base64.ts';
import { equalBytes } from '../encoding/bytes.ts';
import type { SignatureVerifier } from '../ed25519/types.ts';
import { isTrustMonitorError } from '@trustmonitor/protocol';
import { malformed } from '../errors.ts';
import { emptyHead } from '../merkle/hash.ts';
import { verifyConsistency } from '../merkle/verify.ts';
import {
  parseCheckpoint,
  parseDecimal,
  requireLogSignature,
  type Checkpoint,
} from './checkpoint.ts';
import { parseNote } from './note.ts';
import type { NoteKey } from './vkey.ts';

export interface AddCheckpoint {
  /** Size of the tree that the witness is thought to know. */
  readonly oldSize: number;
  /** Consistency proof from there to the checkpoint. */
  readonly proof: readonly Uint8Array[];
  /** The checkpoint as a signed note. */
  readonly note: string;
}

const MAX_PROOF_LINES = 63;

/** The body of an `add-checkpoint` request. */
export function formatAddCheckpoint({ oldSize, proof, note }: AddCheckpoint): string {
  return `${[`old ${oldSize}`, ...proof.map((hash) => encodeBase64(hash))].join('\n')}\n\n${note}`;
}

/** Throws `message.malformed`. */
export function parseAddCheckpoint(body: string): AddCheckpoint {
  const split = body.indexOf('\n\n');
  if (split === -1) throw malformed('the request has no checkpoint');
  const [old = '', ...lines] = body.slice(0, split).split('\n');
  if (!old.startsWith('old ')) throw malformed('the request names no old size');
  if (lines.length > MAX_PROOF_LINES) throw malformed('the consistency proof is too long');
  return {
    oldSize: parseDecimal(old.slice('old '.length), 'the old size'),
    proof: lines.map((line) => decodeBase64(line, 'a hash of the consistency proof')),
    note: body.slice(split + 2),
  };
}

/** The newest tree that a witness cosigned; size 0 before the first. */
export interface KnownTree {
  readonly size: number;
  readonly root: Uint8Array;
}

/** Statuses are those of HTTP in tlog-witness; `size` is the body of a 409. */
export type Judgement =
  | { readonly status: 200; readonly next: Checkpoint }
  | { readonly status: 409; readonly size: number }
  | { readonly status: 400 | 403 | 404 | 422; readonly reason: string };

/** Judges a request for a log that the witness knows by `log`. Never throws. */
export function judgeCheckpoint(
  request: AddCheckpoint,
  log: NoteKey,
  last: KnownTree,
  verifier: SignatureVerifier,
): Judgement {
  try {
    return judge(request, log, last, verifier);
  } catch (error) {
    if (isTrustMonitorError(error, 'signature.invalid')) {
      return { status: 403, reason: error.message };
    }
    if (isTrustMonitorError(error)) return { status: 400, reason: error.message };
    throw error;
  }
}

function judge(
  { oldSize, proof, note }: AddCheckpoint,
  log: NoteKey,
  last: KnownTree,
  verifier: SignatureVerifier,
): Judgement {
  const signed = parseNote(note);
  const next = parseCheckpoint(signed.text);
  if (next.origin !== log.name) return { status: 404, reason: `${next.origin} is not known here` };
  requireLogSignature(signed, log, verifier);
  if (oldSize > next.size) return { status: 400, reason: 'the old size is above the new one' };
  if (oldSize !== last.size) return { status: 409, size: last.size };
  if (next.size === 0 && !equalBytes(next.root, emptyHead(verifier.sha256))) {
    return { status: 422, reason: 'an empty tree has another root' };
  }
  const root = oldSize === 0 ? emptyHead(verifier.sha256) : last.root;
  if (!verifyConsistency(oldSize, next.size, root, next.root, proof, verifier.sha256)) {
    return { status: 422, reason: `the tree does not extend the one of size ${oldSize}` };
  }
  return { status: 200, next };
}
