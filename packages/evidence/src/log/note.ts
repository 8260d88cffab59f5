/** Signed notes (https://c2sp.org/signed-note): text, a blank line, and signature lines. */
import { decodeBase64, encodeBase64 } from '../encoding/base64.ts';
import { concat } from '../encoding/bytes.ts';
import { decodeHex, encodeHex } from '../encoding/hex.ts';
import { malformed } from '../errors.ts';

const MAX_NOTE_CHARS = 65_536;
const MAX_NOTE_SIGNATURES = 64;

export interface NoteSignature {
  /** The key's name, such as `example.com/log`. */
  readonly name: string;
  /** Four bytes in hex. */
  readonly keyId: string;
  /** What the key's type makes of it: a signature, or a time and a signature. */
  readonly body: Uint8Array;
}

export interface SignedNote {
  /** What is signed, with its last line break. */
  readonly text: string;
  readonly signatures: readonly NoteSignature[];
}

const KEY_ID_BYTES = 4;
const SIGNATURE_LINE = /^— (\S+) ([A-Za-z0-9+/=]+)$/;
// eslint-disable-next-line no-control-regex -- exactly the characters that a note may not hold
const CONTROL = /[\u0000-\u0009\u000b-\u001f]/;

/** Parses a note; no signature is checked. Throws `message.malformed`. */
export function parseNote(note: string): SignedNote {
  if (note.length > MAX_NOTE_CHARS) throw malformed('the note is too long');
  if (CONTROL.test(note)) throw malformed('the note has control characters');
  const split = note.lastIndexOf('\n\n');
  if (split === -1 || !note.endsWith('\n')) throw malformed('the note is not signed');
  const lines = note.slice(split + 2, -1).split('\n');
  if (lines.length > MAX_NOTE_SIGNATURES) throw malformed('the note has too many signatures');
  return { text: note.slice(0, split + 1), signatures: lines.map(parseSignatureLine) };
}

/** Parses one signature line, without its line break. Throws `message.malformed`. */
export function parseSignatureLine(line: string): NoteSignature {
  const [, name, encoded] = SIGNATURE_LINE.exec(line) ?? [];
  if (name === undefined || encoded === undefined || name.includes('+')) {
    throw malformed('a line of the note is not a signature');
  }
  const bytes = decodeBase64(encoded, 'a signature of the note');
  if (bytes.length <= KEY_ID_BYTES) throw malformed('a signature of the note is too short');
  return {
    name,
    keyId: encodeHex(bytes.subarray(0, KEY_ID_BYTES)),
    body: bytes.subarray(KEY_ID_BYTES),
  };
}

/** One signature line, without its line break. */
export function formatSignatureLine({ name, keyId, body }: NoteSignature): string {
  return `— ${name} ${encodeBase64(concat(decodeHex(keyId), body))}`;
}

export function formatNote({ text, signatures }: SignedNote): string {
  return `${text}\n${signatures.map((each) => `${formatSignatureLine(each)}\n`).join('')}`;
}
