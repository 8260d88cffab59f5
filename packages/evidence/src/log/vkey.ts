/** Verifier keys of signed notes: a name, a key and what it signs, in one line. */
import { decodeBase64, encodeBase64 } from '../encoding/base64.ts';
import { concat } from '../encoding/bytes.ts';
import { encodeHex } from '../encoding/hex.ts';
import { encodeUtf8 } from '../encoding/text.ts';
import { sha256 } from '../digest.ts';
import { isUsableKey, PUBLIC_KEY_BYTES } from '../ed25519/public-key.ts';
import { invalidKey, malformed } from '../errors.ts';

/** Signature types of https://c2sp.org/signed-note: whole notes, and timestamped checkpoints. */
export const NOTE_TYPES = { ed25519: 0x01, cosignature: 0x04 } as const;
export type NoteType = keyof typeof NOTE_TYPES;

export interface NoteKey {
  readonly name: string;
  readonly type: NoteType;
  /** Four bytes in hex: with the name, what a signature line names its key by. */
  readonly keyId: string;
  readonly publicKey: Uint8Array;
}

const NAME = /^[^\s+]+$/;

/** A key under a name. Throws `message.malformed` for a name that a note cannot hold. */
export function noteKeyOf(name: string, type: NoteType, publicKey: Uint8Array): NoteKey {
  if (!NAME.test(name)) throw malformed(`"${name}" cannot name a key: no spaces, no plus`);
  const material = concat(encodeUtf8(`${name}\n`), Uint8Array.of(NOTE_TYPES[type]), publicKey);
  return { name, type, keyId: encodeHex(sha256(material).subarray(0, 4)), publicKey };
}

/** `name+keyid+base64(type || key)` */
export function formatVkey({ name, type, keyId, publicKey }: NoteKey): string {
  return `${name}+${keyId}+${encodeBase64(concat(Uint8Array.of(NOTE_TYPES[type]), publicKey))}`;
}

/** Throws `message.malformed`, or `key.invalid` for a key that may not be used. */
export function parseVkey(text: string): NoteKey {
  const [, name, keyId, encoded] = /^([^\s+]+)\+([0-9a-f]{8})\+(\S+)$/.exec(text) ?? [];
  if (name === undefined || keyId === undefined || encoded === undefined) {
    throw malformed(`"${text}" is not a verifier key`);
  }
  const material = decodeBase64(encoded, `verifier key ${name}`);
  const type = typeOf(material[0]);
  const publicKey = material.subarray(1);
  if (type === undefined || publicKey.length !== PUBLIC_KEY_BYTES) {
    throw malformed(`verifier key ${name} is of a kind that is not known here`);
  }
  if (!isUsableKey(publicKey)) throw invalidKey(`verifier key ${name} is not usable`);
  const key = noteKeyOf(name, type, publicKey);
  if (key.keyId !== keyId) throw malformed(`verifier key ${name} has a key id of another key`);
  return key;
}

function typeOf(byte: number | undefined): NoteType | undefined {
  if (byte === NOTE_TYPES.ed25519) return 'ed25519';
  if (byte === NOTE_TYPES.cosignature) return 'cosignature';
  return undefined;
}
