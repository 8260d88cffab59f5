import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Compile } from 'typebox/compile';
import {
  Assertion,
  COMPARISONS,
  JsonLiteral,
  LATENCY_PHASES,
  TEXT_OPERATORS,
} from '../src/assertion.ts';
import { formatAssertion, parseAssertion, schemaFileOf } from '../src/assertion-grammar.ts';
import { isTrustMonitorError } from '../src/errors.ts';

const assertions = Compile(Assertion);
const literals = Compile(JsonLiteral);

const number = (subject: string, value: fc.Arbitrary<number>) =>
  fc.record({ subject: fc.constant(subject), op: fc.constantFrom(...COMPARISONS), value });
const text = (subject: string) =>
  fc.record({
    subject: fc.constant(subject),
    op: fc.constantFrom(...TEXT_OPERATORS),
    value: fc.string(),
  });
const header = fc.stringMatching(/^[a-z0-9-]{1,20}$/);
const path = fc.constantFrom(
  '$.ok',
  "$['a b']",
  '$[?(@.a == "x)")].b',
  '$..*',
  '$[?count(@.*) > 1]',
);
const presence = fc.constantFrom('exists', 'not exists');
const literal = fc.oneof(
  fc.string(),
  fc.boolean(),
  fc.constant(null),
  fc.maxSafeInteger(),
  fc.constantFrom({ decimal: '9.99' }, { decimal: '-1.5e-10' }),
);
const range = fc
  .tuple(fc.integer({ min: 100, max: 999 }), fc.integer({ min: 100, max: 999 }))
  .map(([a, b]) => ({ from: Math.min(a, b), to: Math.max(a, b) }));

const anyAssertion = fc.oneof(
  number('status', fc.integer({ min: 0, max: 999 })),
  fc.record({
    subject: fc.constant('status'),
    op: fc.constantFrom('in', 'not in'),
    value: fc.array(range, { minLength: 1, maxLength: 5 }),
  }),
  fc.record({
    subject: fc.constant('latency'),
    phase: fc.constantFrom(...LATENCY_PHASES),
    op: fc.constantFrom(...COMPARISONS),
    value: fc.nat(),
  }),
  text('body'),
  text('tls.cipher'),
  text('dns.answers'),
  fc.record({
    subject: fc.constant('header'),
    name: header,
    op: fc.constantFrom(...TEXT_OPERATORS),
    value: fc.string(),
  }),
  fc.record({ subject: fc.constant('header'), name: header, op: presence }),
  fc.record({
    subject: fc.constant('json'),
    path,
    op: fc.constantFrom(...COMPARISONS),
    value: literal,
  }),
  fc.record({
    subject: fc.constant('json'),
    path,
    op: fc.constantFrom('contains', 'not matches'),
    value: fc.string(),
  }),
  fc.record({ subject: fc.constant('json'), path, op: presence }),
  fc.record({
    subject: fc.constant('jsonSchema'),
    schema: fc.constantFrom('{}', '{"type":"object"}', '{"const":"a)b"}'),
  }),
  number('size', fc.nat(999_999_999)),
  fc.record({
    subject: fc.constant('sha256'),
    op: fc.constantFrom('==', '!='),
    value: fc.stringMatching(/^[0-9a-f]{64}$/),
  }),
  number('cert.daysLeft', fc.integer({ min: -9999, max: 9999 })),
  fc.record({
    subject: fc.constant('tls.version'),
    op: fc.constantFrom(...COMPARISONS),
    value: fc.constantFrom('TLSv1', 'TLSv1.2', 'TLSv1.3'),
  }),
  number('dns.count', fc.nat(100)),
  fc.record({
    subject: fc.constant('dns.rcode'),
    op: fc.constantFrom('==', '!='),
    value: fc.constantFrom('NOERROR', 'NXDOMAIN'),
  }),
  number('loss', fc.nat(100)),
) as fc.Arbitrary<Assertion>;

describe('the grammar', () => {
  it('reads back what it writes', () => {
    fc.assert(
      fc.property(anyAssertion, (assertion) => {
        expect(assertions.Check(assertion)).toBe(true);
        expect(parseAssertion(formatAssertion(assertion))).toEqual(assertion);
      }),
    );
  });

  it('answers any text with an assertion or with its own error', () => {
    const word = fc.constantFrom(
      'status',
      'latency',
      'json($.a)',
      'header(x)',
      'body',
      '==',
      '<',
      'contains',
      '"x"',
      '5',
      'in',
      '200..300',
      ',',
      '(',
      ')',
      'not',
    );
    const texts = fc.oneof(
      fc.string(),
      fc.array(word, { maxLength: 6 }).map((words) => words.join(' ')),
    );
    fc.assert(
      fc.property(texts, (text) => {
        try {
          expect(assertions.Check(parseAssertion(text))).toBe(true);
        } catch (error) {
          if (!isTrustMonitorError(error, 'assertion.invalid')) throw error;
          const column = Number(/column (\d+)/.exec(error.message)?.[1]);
          expect(column).toBeGreaterThanOrEqual(1);
          expect(column).toBeLessThanOrEqual(text.length + 1);
        }
      }),
      { numRuns: 2_000 },
    );
  });

  it.each([
    ['statu < 3', 1, 'one of status, latency'],
    ['status <', 9, 'a whole number'],
    ['status < 4.5', 10, 'a whole number'],
    ['status < 400 x', 14, 'the end'],
    ['status in', 10, 'a status'],
    ['status in 300..200', 11, 'does not end before it starts'],
    ['latency < 800', 11, 'a duration with its unit'],
    ['latency.dns < 1s', 1, 'one of status'],
    ['body contains x', 15, 'a string in quotes'],
    ['body is "x"', 6, 'one of ==, !=, contains'],
    ['body == "\\x"', 9, 'escapes as in JSON'],
    ['header content-type exists', 8, '"(" and a header name'],
    ['header(a b) exists', 8, 'a header name between'],
    ['json(ok) == true', 6, 'starts with $'],
    ['json($.ok == true', 18, '")"'],
    ['json($.ok) == yes', 15, 'a string, a number, true, false or null'],
    ['jsonSchema(file.json)', 12, 'a JSON schema between'],
    ['sha256 == "abc"', 11, '64 hexadecimal digits'],
    ['tls.version >= "1.4"', 16, 'a version from 1.0 to 1.3'],
    ['size < 5GB', 8, 'a size such as'],
    ['', 1, 'one of status'],
  ])('says for %j that column %i should be %s', (text, column, expected) => {
    const at = expect.toSatisfy(
      (error) =>
        isTrustMonitorError(error, 'assertion.invalid') &&
        error.message.includes(`column ${column}: expected`) &&
        error.message.includes(expected) &&
        error.where === '/assertions/3' &&
        error.fields[0]?.pointer === '/assertions/3',
    );
    expect(() => parseAssertion(text, '/assertions/3')).toThrow(at);
  });

  it('keeps numbers that canonical JSON would not hold exactly as digits', () => {
    for (const digits of ['9.99', '1e400', '12345678901234567890']) {
      const assertion = parseAssertion(`json($.x) == ${digits}`);
      expect(assertion).toMatchObject({ value: { decimal: digits } });
      expect('value' in assertion && literals.Check(assertion.value)).toBe(true);
    }
  });

  it('knows a schema that is in a file', () => {
    expect(schemaFileOf('jsonSchema(schemas/pay.json)')).toBe('schemas/pay.json');
    expect(schemaFileOf('jsonSchema({"a":1})')).toBeNull();
    expect(schemaFileOf('body contains "jsonSchema(x)"')).toBeNull();
  });
});
