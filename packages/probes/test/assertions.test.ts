/** Assertions against real answers, and what is said when they do not hold. */
import { startHttpTarget } from '@trustmonitor/testkit/targets';
import { isTrustMonitorError, parseAssertion } from '@trustmonitor/protocol';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { validateCheck } from '../src/index.ts';
import { checkOf, probeAt, using, wordFor } from './support/probing.ts';

const DOCUMENT = JSON.stringify({
  ok: false,
  name: 'Zoë',
  price: 9.5,
  items: [
    { id: 1, tags: ['a', 'b'] },
    { id: 2, tags: [] },
  ],
  nothing: null,
});

/** An assertion, and what it comes to for `DOCUMENT` with a 200; `null` when it holds. */
const TABLE: readonly [assertion: string, actual: string | null][] = [
  ['status == 200', null],
  ['status in 200..204, 304', null],
  ['status not in 4xx, 5xx', null],
  ['status in 3xx', '200'],
  ['status >= 400', '200'],
  ['latency < 1m', null],
  ['latency.transfer < 1m', null],
  ['latency.tls < 1m', 'not measured: there was no such phase'],
  ['body contains "Zoë"', null],
  ['body not contains "Zoe"', null],
  ['body matches "pri[ck]e"', null],
  ['body matches "^nothing"', JSON.stringify(DOCUMENT)],
  ['header(Content-Type) contains "json"', null],
  ['header(content-type) matches "^text/"', '"application/json; charset=utf-8"'],
  ['header(x-none) not exists', null],
  ['header(x-none) exists', 'missing'],
  ['header(x-none) != "a"', null],
  ['header(x-twice) == "1, 2"', null],
  ['json($.ok) == true', 'false'],
  ['json($.ok) == false', null],
  ['json($.name) == "Zoë"', null],
  ['json($.name) contains "oë"', null],
  ['json($.name) matches "^Z"', null],
  ['json($.name) > "A"', null],
  ['json($.name) > 5', '"Zoë"'],
  ['json($.price) == 9.5', null],
  ['json($.price) < 9.25', '9.5'],
  ['json($.items[*].id) >= 1', null],
  ['json($.items[*].id) == 1', '2'],
  ['json($.items[0].tags) contains "b"', null],
  ['json($.items[1].tags) contains "b"', '[]'],
  ['json($.items[?(@.id == 2)].tags) exists', null],
  ['json($.nothing) == null', null],
  ['json($.missing) not exists', null],
  ['json($.missing) == null', 'missing'],
  ['json($.ok) not exists', 'false'],
  ['jsonSchema({"type":"object","required":["ok"]})', null],
  ['jsonSchema({"properties":{"price":{"type":"string"}}})', '/price must be string'],
  [
    'jsonSchema({"$schema":"http://json-schema.org/draft-07/schema#","required":["x"]})',
    "/ must have required property 'x'",
  ],
  [
    'jsonSchema({"properties":{"name":{"pattern":"^(a+)+$"}}})',
    '/name must match pattern "^(a+)+$"',
  ],
  [`size == ${Buffer.byteLength(DOCUMENT)}`, null],
  ['size > 1MiB', String(Buffer.byteLength(DOCUMENT))],
  ['cert.daysLeft > 14', 'missing'],
];

describe('assertions', () => {
  let target: Awaited<ReturnType<typeof startHttpTarget>>;
  beforeAll(async () => {
    target = await startHttpTarget((_request, response) =>
      response
        .setHeader('content-type', 'application/json; charset=utf-8')
        .setHeader('x-twice', ['1', '2'])
        .end(DOCUMENT),
    );
  });
  afterAll(() => target.close());

  it.each(TABLE)('%s', async (assertion, actual) => {
    const attempt = await probeAt({ url: target.url, assertions: ['status < 1000', assertion] });
    if (actual === null) {
      expect(attempt.failure).toBeNull();
      return;
    }
    expect(attempt.outcome).toBe('down');
    expect(attempt.response?.failedAssertions).toEqual([
      {
        index: 1,
        expected: expect.any(String),
        actual: actual.slice(0, 300),
        where: expect.any(String),
      },
    ]);
  });

  it('reports every one that fails, with the class of the first', async () => {
    const assertions = ['json($.ok) == true', 'latency <= 0ms', 'status == 201'];
    const attempt = await probeAt({ url: target.url, assertions });
    expect(attempt.failure).toEqual({
      class: 'assertion_failed',
      attribution: 'target',
      detail: 'expected json($.ok) == true, but $.ok was false',
    });
    expect(attempt.response?.failedAssertions.map(({ index }) => index)).toEqual([0, 1, 2]);
  });

  it('bounds what it reports', async () => {
    const large = await using(
      startHttpTarget((_request, response) => response.end('\ud83d\ude00'.repeat(50_000))),
    );
    const attempt = await probeAt({ url: large.url, assertions: ['body == "x"'] });
    expect(attempt.failure?.detail.length).toBeLessThanOrEqual(500);
    const [failed] = attempt.response?.failedAssertions ?? [];
    expect(failed?.actual.length).toBeLessThanOrEqual(300);
    // Canonical JSON refuses half a surrogate pair.
    expect(Buffer.from(failed!.actual, 'utf8').toString('utf8')).toBe(failed!.actual);
  });

  it('says that content is not JSON', async () => {
    const page = await using(startHttpTarget((_request, response) => response.end('<html>')));
    const attempt = await probeAt({ url: page.url, assertions: ['json($.ok) == true'] });
    expect(attempt.failure?.detail).toContain('not JSON: <html>');
  });

  it('is safe from expressions and documents that explode', async () => {
    const nested = `${'['.repeat(200_000)}${']'.repeat(200_000)}`;
    const deep = await using(startHttpTarget((_request, response) => response.end(nested)));
    for (const assertion of [
      'json($..x) exists',
      'jsonSchema({"$ref":"#/$defs/l","$defs":{"l":{"items":{"$ref":"#/$defs/l"}}}})',
    ]) {
      const attempt = await probeAt({ url: deep.url, assertions: [assertion] });
      expect(['assertion_failed', 'internal_error'], attempt.failure?.detail).toContain(
        wordFor(attempt),
      );
    }
    const slow = await using(
      startHttpTarget((_request, response) => response.end(`"${'a'.repeat(60_000)}!"`)),
    );
    const regex = await probeAt({ url: slow.url, assertions: ['body matches "^\\"(a+)+$"'] });
    expect(wordFor(regex)).toBe('assertion_failed');
    const wide = JSON.stringify(Array.from({ length: 30_000 }, (_, i) => ({ i })));
    const many = await using(startHttpTarget((_request, response) => response.end(wide)));
    const unique = await probeAt({
      url: many.url,
      assertions: ['jsonSchema({"uniqueItems":true})'],
    });
    expect(['up', 'internal_error']).toContain(wordFor(unique));
    const paths = await probeAt({
      url: many.url,
      assertions: ['json($[?count($[*]) > 1][?count($[*]) > 1]) exists'],
    });
    expect(paths.outcome).toBe('abstain');
    expect(paths.failure).toMatchObject({ class: 'internal_error', attribution: 'self' });
  });
});

describe('validateCheck', () => {
  const refused = (assertion: string) => {
    const { check } = checkOf({ url: 'https://a.test/', assertions: ['status == 200', assertion] });
    return () => validateCheck(check);
  };

  it.each([
    ['body matches "("', /regular expression/],
    ['body matches "(?=x)"', /regular expression/],
    ['body matches "(a{1000}){1000}"', /regular expression/],
    ['json($.a[) exists', /JSON path.*column/],
    ['json($[?match(@.a, "x")]) exists', /JSON path/],
    ['json($[?search(@.a, "x")]) exists', /JSON path/],
    ['jsonSchema({"type":"nonsense"})', /schema/],
    ['jsonSchema({"$ref":"https://elsewhere.test/schema"})', /schema/],
    ['jsonSchema({broken})', /schema/],
    [`jsonSchema(${'{"not":'.repeat(40)}{}${'}'.repeat(40)})`, /deeper/],
  ])('refuses %s', (assertion, message) => {
    expect(refused(assertion)).toThrow(
      expect.toSatisfy(
        (error) =>
          isTrustMonitorError(error, 'assertion.invalid') &&
          error.where === '/assertions/1' &&
          error.fields[0]?.pointer === '/assertions/1' &&
          message.test(error.message),
      ),
    );
  });

  it('refuses URLs, scripts and certificates that do not parse', () => {
    const invalid = (pointer: string): unknown =>
      expect.toSatisfy(
        (error) => isTrustMonitorError(error, 'input.invalid') && error.where === pointer,
      );
    const { check } = checkOf({ url: 'http://a.test:99999/' });
    expect(() => validateCheck(check)).toThrow(invalid('/url'));
    const { check: script } = checkOf({
      type: 'tcp',
      host: 'a',
      port: 1,
      tcp: { script: [{ expect: '(' }] },
    });
    expect(() => validateCheck(script)).toThrow(invalid('/tcp/script/0/expect'));
    const { check: secure } = checkOf({
      type: 'tls',
      host: 'a',
      tls: { ca: '-----BEGIN CERTIFICATE-----\nnonsense' },
    });
    expect(() => validateCheck(secure)).toThrow(invalid('/tls/ca'));
  });

  it('takes what the documentation shows', () => {
    for (const [text] of TABLE) expect(parseAssertion(text)).toBeTruthy();
    const { check } = checkOf({ url: 'https://a.test/', assertions: TABLE.map(([text]) => text) });
    expect(() => validateCheck(check)).not.toThrow();
  });
});
