/** What a leaf says: the digest of a document, and who signed it (the body of a Rekor v2 entry). */
import { decodeBase64, encodeHex } from '@trustmonitor/evidence';
import { TrustMonitorError } from '@trustmonitor/protocol';

export interface LoggedLeaf {
  readonly index: number;
  /** SHA-256 of the document's payload, in hex. */
  readonly digest: string;
  readonly signatures: readonly LeafSignature[];
}

export interface LeafSignature {
  /** The signature, in base64. */
  readonly content: string;
  /** Raw Ed25519 key, in hex. */
  readonly publicKey: string;
}

/** RFC 8410: what stands before the 32 bytes of an Ed25519 key in a SubjectPublicKeyInfo. */
const SPKI_HEAD = '302a300506032b6570032100';
const SPKI_BYTES = 44;

/** Throws `message.malformed`. */
export function parseLeaf(index: number, body: Uint8Array): LoggedLeaf {
  const document = objectOf(parseJson(body), 'it');
  if (document['apiVersion'] !== '0.0.2' || document['kind'] !== 'dsse') {
    throw malformed('it is no dsse entry of version 0.0.2');
  }
  const spec = objectOf(objectOf(document['spec'], 'spec')['dsseV002'], 'dsseV002');
  const hash = objectOf(spec['payloadHash'], 'payloadHash');
  if (hash['algorithm'] !== 'SHA2_256') throw malformed('its digest is no SHA2_256');
  const digest = encodeHex(decodeBase64(textOf(hash['digest'], 'digest'), 'the digest'));
  const signatures = spec['signatures'];
  if (!Array.isArray(signatures)) throw malformed('it has no signatures');
  return { index, digest, signatures: signatures.map(signatureOf) };
}

function signatureOf(value: unknown): LeafSignature {
  const signature = objectOf(value, 'a signature');
  const verifier = objectOf(signature['verifier'], 'verifier');
  const encoded = textOf(objectOf(verifier['publicKey'], 'publicKey')['rawBytes'], 'rawBytes');
  const spki = decodeBase64(encoded, 'rawBytes');
  const hex = encodeHex(spki);
  if (spki.length !== SPKI_BYTES || !hex.startsWith(SPKI_HEAD)) {
    throw malformed('a key in it is no Ed25519 key');
  }
  return {
    content: textOf(signature['content'], 'content'),
    publicKey: hex.slice(SPKI_HEAD.length),
  };
}

/** A bundle of leaves: each behind its length, 16 bits big-endian. Throws `message.malformed`. */
export function splitBundle(bundle: Uint8Array): Uint8Array[] {
  const view = new DataView(bundle.buffer, bundle.byteOffset, bundle.byteLength);
  const bodies: Uint8Array[] = [];
  let at = 0;
  while (at < bundle.length) {
    const start = at + 2;
    if (start > bundle.length) throw malformed('it is cut short');
    at = start + view.getUint16(at);
    if (at > bundle.length) throw malformed('it is cut short');
    bodies.push(bundle.subarray(start, at));
  }
  return bodies;
}

function parseJson(body: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body));
  } catch (cause) {
    throw malformed('it is not JSON', cause);
  }
}

function objectOf(value: unknown, what: string): Readonly<Record<string, unknown>> {
  if (typeof value === 'object' && value !== null) return value as Record<string, unknown>;
  throw malformed(`${what} is no object`);
}

function textOf(value: unknown, what: string): string {
  if (typeof value === 'string') return value;
  throw malformed(`${what} is no text`);
}

const malformed = (message: string, cause?: unknown): TrustMonitorError =>
  new TrustMonitorError('message.malformed', message, { cause });
