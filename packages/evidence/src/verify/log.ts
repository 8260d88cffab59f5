/** The log: the record is a leaf of a tree whose head the log signed. */
import type { Envelope } from '@trustmonitor/protocol';
import type { SignatureVerifier } from '../ed25519/types.ts';
import { equalBytes } from '../encoding/bytes.ts';
import type { TrustedKeyRing } from '../keyring/ring.ts';
import { parseCheckpoint, requireLogSignature, type Checkpoint } from '../log/checkpoint.ts';
import { logLeafOf } from '../log/leaf.ts';
import { parseNote, type SignedNote } from '../log/note.ts';
import type { TrustedKey } from '../keyring/types.ts';
import type { WitnessPolicy } from '../log/policy.ts';
import { parseTlogProof } from '../log/proof.ts';
import { leafHash } from '../merkle/hash.ts';
import { headFromInclusion } from '../merkle/verify.ts';
import { CheckFailed, checked, type Checked } from './report.ts';
import type { ProvenVote } from './votes.ts';

/** A checkpoint with the note that carries it. */
export interface NotedCheckpoint extends Checkpoint {
  readonly note: SignedNote;
}

export interface LoggedRecord {
  readonly index: number;
  readonly checkpoint: NotedCheckpoint;
}

/** A statement and the key that signed it. */
export interface SignedStatement {
  readonly envelope: Envelope;
  readonly key: TrustedKey;
}

export function checkLogInclusion(
  { tlogProof }: { readonly tlogProof: string | null },
  record: SignedStatement,
  { sha256 }: SignatureVerifier,
): Checked<LoggedRecord> {
  if (tlogProof === null) {
    throw new CheckFailed('the key ring names a log, and the file has no proof from it');
  }
  const proof = parseTlogProof(tlogProof);
  const checkpoint = readCheckpoint(proof.checkpoint);
  const leaf = leafHash(logLeafOf(record.envelope, [record.key.publicKey]), sha256);
  const head = headFromInclusion(leaf, proof.index, checkpoint.size, proof.path, sha256);
  if (head === null || !equalBytes(head, checkpoint.root)) {
    throw new CheckFailed(`the record is not leaf ${proof.index} of the log`);
  }
  return checked(
    { index: proof.index, checkpoint },
    `leaf ${proof.index} of ${checkpoint.size} in ${checkpoint.origin}`,
  );
}

export function readCheckpoint(text: string): NotedCheckpoint {
  const note = parseNote(text);
  return { ...parseCheckpoint(note.text), note };
}

export function checkLogSignature(
  { checkpoint }: LoggedRecord,
  policy: WitnessPolicy,
  verifier: SignatureVerifier,
): Checked<null> {
  requireSignedByLog(checkpoint, policy, verifier);
  requireNoStrangers(checkpoint.note, policy);
  return checked(null, `signed by ${checkpoint.origin}`);
}

export function requireSignedByLog(
  { note, origin }: NotedCheckpoint,
  policy: WitnessPolicy,
  verifier: SignatureVerifier,
): void {
  const log = policy.logs.find(({ name }) => name === origin);
  if (log === undefined) throw new CheckFailed(`the key ring names no log ${origin}`);
  requireLogSignature(note, log, verifier);
}

/** A line that nobody checks could be changed unnoticed, so none is let in. */
function requireNoStrangers({ signatures }: SignedNote, policy: WitnessPolicy): void {
  const keys = [...policy.logs, ...policy.witnesses.map(({ key }) => key)];
  const known = new Set(keys.map(({ name, keyId }) => `${name} ${keyId}`));
  const seen = new Set<string>();
  for (const { name, keyId } of signatures) {
    const signer = `${name} ${keyId}`;
    if (!known.has(signer)) {
      throw new CheckFailed(`the checkpoint has a signature by ${name}, unknown to the key ring`);
    }
    if (seen.has(signer)) throw new CheckFailed(`the checkpoint has two signatures by ${name}`);
    seen.add(signer);
  }
}

/** Revocation is by place in the log: what was logged before stands. */
export function checkRevocation(
  records: readonly Pick<SignedStatement, 'key'>[],
  votes: readonly ProvenVote[],
  newest: TrustedKeyRing,
  { index }: LoggedRecord,
): Checked<null> {
  const kids = [...records.map(({ key }) => key.kid), ...votes.map(({ batch }) => batch.key.kid)];
  for (const kid of new Set(kids)) {
    const revokedAt = newest.find(kid)?.revokedAtLogSize ?? null;
    if (revokedAt !== null && index >= revokedAt) {
      throw new CheckFailed(
        `key ${kid} was revoked at log size ${revokedAt}, before leaf ${index}`,
      );
    }
  }
  return checked(null, `no key was revoked up to leaf ${index}`);
}
