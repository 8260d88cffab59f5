import { describe, expect, it } from 'vitest';
import { PAYLOAD_TYPES } from '@trustmonitor/protocol';
import {
  encodeBase64,
  encodeUtf8,
  nobleVerifier,
  preAuthEncoding,
  signEnvelope,
  verifyEnvelope,
  verifySoleSignature,
} from '@trustmonitor/evidence';
import { signerOf } from './fixture/network.ts';

const TYPE = PAYLOAD_TYPES.batch;
const [a, b] = [signerOf('a'), signerOf('b')];
const lookup = (kid: string) => [a, b].find((signer) => signer.kid === kid);
const payload = encodeUtf8('{"a":1}');

describe('DSSE', () => {
  it('encodes as the example of the protocol', () => {
    const encoded = preAuthEncoding('http://example.com/HelloWorld', encodeUtf8('hello world'));
    expect(encoded).toEqual(encodeUtf8('DSSEv1 29 http://example.com/HelloWorld 11 hello world'));
  });

  it('counts bytes, not characters', () => {
    expect(preAuthEncoding('é', encodeUtf8('€'))).toEqual(encodeUtf8('DSSEv1 2 é 3 €'));
  });

  it('opens what was signed, with every signer', () => {
    const envelope = signEnvelope(TYPE, payload, a, b);
    const opened = verifyEnvelope(envelope, TYPE, lookup, nobleVerifier);
    expect(opened.payload).toEqual(payload);
    expect(opened.keys).toEqual([a, b]);
    expect(opened.digest).toBe('015abd7f5cc57a2dd94b7590f04ad8084273905ee33ec5cebeae62276a97f862');
  });

  const sealed = signEnvelope(TYPE, payload, a);
  const sig = sealed.signatures[0]!;
  it.each([
    ['another payload type', { ...sealed, payloadType: PAYLOAD_TYPES.record }, 'message.malformed'],
    [
      'another payload',
      { ...sealed, payload: encodeBase64(encodeUtf8('{"a":2}')) },
      'signature.invalid',
    ],
    [
      'a payload in another spelling',
      { ...sealed, payload: sealed.payload.replace(/=+$/, '') },
      'message.malformed',
    ],
    [
      "another key's id",
      { ...sealed, signatures: [{ ...sig, keyid: b.kid }] },
      'signature.invalid',
    ],
    ['an unknown key', { ...sealed, signatures: [{ ...sig, keyid: 'x' }] }, 'key.unknown'],
    [
      'an unknown key beside a good one',
      { ...sealed, signatures: [sig, { ...sig, keyid: 'x' }] },
      'key.unknown',
    ],
    ['one key twice', { ...sealed, signatures: [sig, sig] }, 'signature.invalid'],
  ])('refuses %s', (_, envelope, code) => {
    expect(() => verifyEnvelope(envelope, TYPE, lookup, nobleVerifier)).toThrow(
      expect.objectContaining({ code }),
    );
  });

  it('does not take a signature over one type for another', () => {
    const record = signEnvelope(PAYLOAD_TYPES.record, payload, a);
    const relabelled = { ...record, payloadType: TYPE };
    expect(() => verifyEnvelope(relabelled, TYPE, lookup, nobleVerifier)).toThrow(
      expect.objectContaining({ code: 'signature.invalid' }),
    );
  });

  it('holds to one signature where one is called for', () => {
    const both = signEnvelope(TYPE, payload, a, b);
    expect(() => verifySoleSignature(both, TYPE, lookup, nobleVerifier)).toThrow(/one signature/);
    expect(verifySoleSignature(sealed, TYPE, lookup, nobleVerifier).key).toBe(a);
  });
});
