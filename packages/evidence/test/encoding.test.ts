import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  decodeBase64,
  decodeBase64Url,
  decodeHex,
  encodeBase64,
  encodeBase64Url,
  encodeHex,
  encodeUtf8,
} from '@trustmonitor/evidence';

const bytes = fc.uint8Array({ maxLength: 100 });

describe('base64', () => {
  // RFC 4648 section 10.
  it.each([
    ['', ''],
    ['f', 'Zg=='],
    ['fo', 'Zm8='],
    ['foo', 'Zm9v'],
    ['foob', 'Zm9vYg=='],
    ['fooba', 'Zm9vYmE='],
    ['foobar', 'Zm9vYmFy'],
  ])('writes %s as %s and reads it back', (text, encoded) => {
    expect(encodeBase64(encodeUtf8(text))).toBe(encoded);
    expect(decodeBase64(encoded)).toEqual(encodeUtf8(text));
  });

  it('agrees with Buffer in both alphabets', () => {
    fc.assert(
      fc.property(bytes, (value) => {
        expect(encodeBase64(value)).toBe(Buffer.from(value).toString('base64'));
        expect(encodeBase64Url(value)).toBe(Buffer.from(value).toString('base64url'));
        expect(decodeBase64(encodeBase64(value))).toEqual(value);
        expect(decodeBase64Url(encodeBase64Url(value))).toEqual(value);
      }),
    );
  });

  it('reads nothing but what it writes', () => {
    const alphabet = fc.constantFrom(
      'A',
      'B',
      'Q',
      'R',
      'g',
      'w',
      'x',
      '/',
      '+',
      '-',
      '_',
      '=',
      ' ',
      '\n',
    );
    fc.assert(
      fc.property(fc.string({ unit: alphabet, maxLength: 12 }), (text) => {
        expect(outcome(() => encodeBase64(decodeBase64(text)))).toBeOneOf([text, null]);
        expect(outcome(() => encodeBase64Url(decodeBase64Url(text)))).toBeOneOf([text, null]);
      }),
      { numRuns: 2_000 },
    );
  });

  it.each(['Zg', 'Zg=', 'Zh==', 'Z===', '====', 'Zm9=', 'Zm9v\n', ' Zm9v', 'Zm-v', 'é'])(
    'refuses %j',
    (text) => {
      expect(() => decodeBase64(text)).toThrow(
        expect.objectContaining({ code: 'message.malformed' }),
      );
    },
  );
});

describe('hexadecimal', () => {
  it('has one spelling', () => {
    expect(encodeHex(Uint8Array.of(0, 0xab))).toBe('00ab');
    expect(decodeHex('00ab')).toEqual(Uint8Array.of(0, 0xab));
    for (const text of ['0', '0G', 'AB', ' 0', '0x']) expect(() => decodeHex(text)).toThrow();
  });
});

function outcome(read: () => string): string | null {
  try {
    return read();
  } catch {
    return null;
  }
}
