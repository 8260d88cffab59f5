import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  canonicalBytes,
  canonicalText,
  checkDigest,
  encodeUtf8,
  parseCanonical,
  parseCanonicalText,
} from '@trustmonitor/evidence';
import { DEFINITION } from './fixture/network.ts';

const bitsToDouble = (hex: string): number => {
  const view = new DataView(new ArrayBuffer(8));
  view.setBigUint64(0, BigInt(`0x${hex}`));
  return view.getFloat64(0);
};

describe('canonicalText (RFC 8785)', () => {
  it('writes the sample of section 3.2.2 as section 3.2.4 does', () => {
    const sample = JSON.parse(
      String.raw`{"numbers":[333333333.33333329,1E30,4.50,2e-3,0.000000000000000000000000001],
        "string":"\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"\/","literals":[null,true,false]}`,
    ) as unknown;
    expect(canonicalText(sample)).toBe(
      String.raw`{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],` +
        String.raw`"string":"€$\u000f\nA'B\"\\\\\"/"}`,
    );
  });

  it('sorts keys by UTF-16 code units (section 3.2.3)', () => {
    const keys = ['\u20ac', '\r', '\ufb33', '1', '\u{1f600}', '\u0080', '\u00f6'];
    const text = canonicalText(Object.fromEntries(keys.map((key) => [key, 0])));
    const sorted = ['\r', '1', '\u0080', '\u00f6', '\u20ac', '\u{1f600}', '\ufb33'];
    const keysOf = [...text.matchAll(/"(.+?)":/gsu)];
    expect(keysOf.map(([, key]) => JSON.parse(`"${key}"`) as unknown)).toEqual(sorted);
  });

  it.each([
    ['0000000000000000', '0'],
    ['8000000000000000', '0'],
    ['0000000000000001', '5e-324'],
    ['7fefffffffffffff', '1.7976931348623157e+308'],
    ['4340000000000000', '9007199254740992'],
    ['4430000000000000', '295147905179352830000'],
    ['44b52d02c7e14af5', '9.999999999999997e+22'],
    ['44b52d02c7e14af6', '1e+23'],
    ['444b1ae4d6e2ef50', '1e+21'],
    ['3eb0c6f7a0b5ed8d', '0.000001'],
    ['41b3de4355555554', '333333333.33333325'],
    ['becbf647612f3696', '-0.0000033333333333333333'],
    ['43143ff3c1cb0959', '1424953923781206.2'],
  ])('writes the double %s as %s (appendix B)', (bits, text) => {
    expect(canonicalText(bitsToDouble(bits))).toBe(text);
  });

  it.each([
    ['not a number', Number.NaN],
    ['infinity', Number.POSITIVE_INFINITY],
    ['a lone surrogate', '\ud800'],
    ['a lone surrogate as a key', { '\udead': 1 }],
    ['undefined', undefined],
  ])('refuses %s', (_, value) => {
    expect(() => canonicalText(value)).toThrow(
      expect.objectContaining({ code: 'message.malformed' }),
    );
  });
});

describe('parseCanonical', () => {
  it('gives back what was written', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 6 }), (value) => {
        const text = canonicalText(value);
        expect(canonicalText(parseCanonicalText(text))).toBe(text);
      }),
    );
  });

  it('accepts exactly the canonical spelling of any JSON text', () => {
    const spelling = fc.tuple(
      fc.jsonValue({ maxDepth: 4 }),
      fc.constantFrom(undefined, 1),
      fc.boolean(),
    );
    fc.assert(
      fc.property(spelling, ([value, indent, canonical]) => {
        const text = canonical ? canonicalText(value) : JSON.stringify(value, null, indent);
        const isCanonical = text === canonicalText(JSON.parse(text));
        expect(accepts(text)).toBe(isCanonical);
      }),
      { numRuns: 500 },
    );
  });

  it.each([
    ['white space', '{"a": 1}'],
    ['a line break at the end', '{"a":1}\n'],
    ['keys out of order', '{"b":1,"a":2}'],
    ['a duplicate key', '{"a":1,"a":1}'],
    ['integer-like keys in the order of numbers', '{"9":1,"10":1}'],
    ['a needless escape', String.raw`{"a":"\u0041"}`],
    ['an escaped solidus', String.raw`{"a":"\/"}`],
    ['upper-case hex in an escape', String.raw`{"a":"\u000F"}`],
    ['a lone surrogate, escaped', String.raw`{"a":"\ud800"}`],
    ['a surrogate pair, escaped', String.raw`{"a":"\ud83d\ude00"}`],
    ['minus zero', '[-0]'],
    ['an exponent', '[1e2]'],
    ['a trailing zero', '[1.0]'],
    ['too many digits', '[9007199254740993]'],
    ['a byte order mark', '\ufeff{"a":1}'],
    ['two values', '{}{}'],
    ['nothing', ''],
  ])('refuses %s', (_, text) => {
    expect(accepts(text)).toBe(false);
  });

  it.each([
    ['integer-like keys in the order of strings', '{"10":1,"9":1}'],
    ['a key called __proto__', '{"__proto__":{"a":1}}'],
    ['a backslash before u', String.raw`{"a":"\\ud800"}`],
    ['a character outside the basic plane', '{"a":"😀"}'],
    ['control characters', String.raw`{"a":"\b\f\n\r\t\u000f"}`],
  ])('accepts %s', (_, text) => {
    expect(accepts(text)).toBe(true);
  });

  it('refuses bytes that are not UTF-8', () => {
    expect(() => parseCanonical(Uint8Array.of(0x22, 0xff, 0x22))).toThrow(
      expect.objectContaining({ code: 'message.malformed' }),
    );
  });

  it('bounds size and depth', () => {
    const limits = { maxBytes: 9, maxDepth: 3 };
    expect(parseCanonical(encodeUtf8('[[[1]]]'), limits)).toEqual([[[1]]]);
    expect(() => parseCanonical(encodeUtf8('[[[[1]]]]'), limits)).toThrow(/deeper than 3/);
    expect(() => parseCanonical(encodeUtf8('[100000000]'), limits)).toThrow(
      expect.objectContaining({ code: 'input.too_large' }),
    );
    const deep = '['.repeat(1_000_000) + ']'.repeat(1_000_000);
    expect(() => parseCanonicalText(deep)).toThrow(
      expect.objectContaining({ code: 'message.malformed' }),
    );
  });
});

describe('checkDigest', () => {
  it('does not depend on the order of fields', () => {
    const reversed = Object.fromEntries(Object.entries(DEFINITION).toReversed());
    expect(canonicalBytes(reversed)).toEqual(canonicalBytes(DEFINITION));
    expect(checkDigest(reversed as never)).toBe(checkDigest(DEFINITION));
  });
});

function accepts(text: string): boolean {
  try {
    parseCanonicalText(text);
    return true;
  } catch {
    return false;
  }
}
