import type { Attempt } from '@trustmonitor/probes';
import { canonicalText } from '@trustmonitor/evidence';
import { resultParser, type Job } from '@trustmonitor/protocol';
import { describe, expect, test } from 'vitest';
import { cleanStrings, cleanText } from '../src/run/clean-text.ts';
import { abstention, resultsOf } from '../src/run/results.ts';
import type { Fitness } from '../src/vitals/vitals.ts';
import { httpCheck, jobFor } from './kit/network.ts';
import { someResult } from './kit/results.ts';

const job: Job & { deadlineAt: number } = {
  ...jobFor(httpCheck('http://127.0.0.1/'), Date.now()),
  deadlineAt: 0,
};
const reporter = { network: 'test-net', agent: 'eu-1', region: 'eu' };
const fit: Fitness = { selfCheck: { canaries: null, loopDelayUs: 0, queued: 0 }, unfit: null };

function attempt(changes: Partial<Attempt> = {}): Attempt {
  const { outcome, failure, durationMs, phases, response } = someResult();
  return { startedAtMs: Date.now(), durationMs, phases, outcome, failure, response, ...changes };
}

const failed = (detail: string): Attempt =>
  attempt({
    outcome: 'down',
    failure: { class: 'protocol_error', attribution: 'target', detail },
  });

describe('results', () => {
  test('are one for each attempt, and the last is final', () => {
    const results = resultsOf(job, [failed('a'), failed('b'), attempt()], fit, reporter);
    expect(results.map(({ attempt: n, final, outcome }) => [n, final, outcome])).toEqual([
      [1, false, 'down'],
      [2, false, 'down'],
      [3, true, 'up'],
    ]);
  });

  test('of an unfit agent abstain with the vote only, and say what was seen', () => {
    const unfit: Fitness = {
      ...fit,
      unfit: { class: 'agent_offline', attribution: 'self', detail: 'canaries do not answer' },
    };
    const [first, last] = resultsOf(job, [failed('a'), failed('b')], unfit, reporter);
    expect(first).toMatchObject({ outcome: 'down', failure: { class: 'protocol_error' } });
    expect(last).toMatchObject({
      outcome: 'abstain',
      failure: {
        class: 'agent_offline',
        detail: 'canaries do not answer; the probe saw protocol_error: b',
      },
    });
  });

  test('are clean of what PostgreSQL and canonical JSON refuse', () => {
    const dirty = `a\0b\uD800c\uDC00d\u{1F600}`;
    const response = { ...emptyResponse(), headers: { [`x-${dirty}`]: dirty }, redirects: [dirty] };
    const [result] = resultsOf(job, [{ ...failed(dirty), response }], fit, reporter);
    const text = canonicalText(result);
    expect(text).not.toContain('\\u0000');
    expect(result?.failure?.detail).toBe('a\uFFFDb\uFFFDc\uFFFDd\u{1F600}');
    expect(resultParser.check(result)).toBe(true);
  });

  test('that no result may hold become an abstention of our own fault', () => {
    const [result] = resultsOf(job, [attempt({ durationMs: -1.5 })], fit, reporter);
    expect(result).toMatchObject({ outcome: 'abstain', failure: { class: 'internal_error' } });
    expect(resultParser.check(result)).toBe(true);
  });

  test('of a job that was never run fit the schema', () => {
    const unfit = { class: 'agent_overloaded', attribution: 'self', detail: 'full' } as const;
    const result = abstention(job, { ...fit, unfit }, reporter);
    expect(resultParser.check(result)).toBe(true);
    expect(result).toMatchObject({ outcome: 'abstain', attempt: 1, final: true });
  });
});

describe('clean text', () => {
  test.each([
    ['', ''],
    ['plain', 'plain'],
    ['\0', '\uFFFD'],
    ['\uD83D\uDE00', '\uD83D\uDE00'],
    ['\uDE00\uD83D', '\uFFFD\uFFFD'],
    ['end\uD83D', 'end\uFFFD'],
  ])('%j', (dirty, clean) => {
    expect(cleanText(dirty)).toBe(clean);
  });

  test('costs no copy when there is nothing to clean', () => {
    const value = { a: ['b', { c: 1, d: null }], e: true };
    expect(cleanStrings(value)).toBe(value);
  });
});

function emptyResponse() {
  return {
    address: null,
    addresses: [],
    family: null,
    httpVersion: null,
    status: null,
    headers: {},
    bodyBytes: null,
    bodySha256: null,
    redirects: [],
    certificates: [],
    tlsVersion: null,
    tlsCipher: null,
    tlsVerified: null,
    dns: null,
    icmp: null,
    failedAssertions: [],
  };
}
