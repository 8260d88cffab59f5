import { FAILURE_CLASSES, type FailureClass } from '@trustmonitor/protocol';
import { replyOnce, startHttpTarget, startRawTarget } from '@trustmonitor/testkit/targets';
import { describe, expect, it } from 'vitest';
import { createGuard, runCheck } from '../src/index.ts';
import { attemptsAt, checkOf, contextOf, using, wordFor } from './support/probing.ts';

describe('retries', () => {
  const failing = (status: number, headers: Record<string, string> = {}) =>
    using(startHttpTarget((_request, response) => response.writeHead(status, headers).end()));

  it('repeats what may pass by itself, and keeps every attempt', async () => {
    let asked = 0;
    const target = await using(
      startRawTarget((socket) => {
        asked += 1;
        if (asked < 3) socket.once('data', () => socket.resetAndDestroy());
        else replyOnce('HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n')(socket);
      }),
    );
    const attempts = await attemptsAt({ url: `http://127.0.0.1:${target.port}/`, retries: 3 });
    expect(attempts.map(wordFor)).toEqual(['read_reset', 'read_reset', 'up']);
  });

  it('does not repeat answers, unless the policy says so', async () => {
    const target = await failing(503);
    expect(await attemptsAt({ url: target.url, retries: 3 })).toHaveLength(1);
  });

  it('repeats own faults and policy refusals never, whatever the policy says', async () => {
    const target = await using(startHttpTarget());
    const { check, secrets } = checkOf({ url: target.url, retries: 3 });
    const classes = Object.keys(FAILURE_CLASSES) as FailureClass[];
    const eager = { ...check, retries: { ...check.retries, classes } };
    const blocked = await runCheck(
      eager,
      contextOf({ secrets, guard: createGuard({ allow: [] }) }),
    );
    expect(blocked.map(wordFor)).toEqual(['blocked_target']);
    const late = await runCheck(eager, contextOf({ secrets, withinMs: -1 }));
    expect(late.map(wordFor)).toEqual(['job_expired']);
  });

  it('waits as long as the server asks, and not at all beyond the deadline', async () => {
    const times: number[] = [];
    const target = await using(
      startHttpTarget((_request, response) => {
        times.push(performance.now());
        if (times.length === 1) response.writeHead(429, { 'retry-after': '1' }).end();
        else response.end();
      }),
    );
    const { check, secrets } = checkOf({ url: target.url, retries: 1 });
    const asked = {
      ...check,
      retries: { ...check.retries, classes: ['client_error', 'server_error'] as FailureClass[] },
    };
    const attempts = await runCheck(asked, contextOf({ secrets }), () => 0);
    expect(attempts.map(wordFor)).toEqual(['client_error', 'up']);
    expect(times[1]! - times[0]!).toBeGreaterThanOrEqual(990);

    target.handler = (_request, response) => response.writeHead(503, { 'retry-after': '60' }).end();
    const startedAt = performance.now();
    expect(await runCheck(asked, contextOf({ secrets, withinMs: 20_000 }))).toHaveLength(1);
    expect(performance.now() - startedAt).toBeLessThan(19_000);
  });

  it('never repeats an answer of the server at once', async () => {
    const times: number[] = [];
    const target = await using(
      startHttpTarget((_request, response) => {
        times.push(performance.now());
        response.writeHead(500).end();
      }),
    );
    const { check, secrets } = checkOf({ url: target.url, retries: 1 });
    const asked = {
      ...check,
      retries: { count: 1, backoffMs: 100, classes: ['server_error'] as FailureClass[] },
    };
    await runCheck(asked, contextOf({ secrets }), () => 0);
    expect(times[1]! - times[0]!).toBeGreaterThanOrEqual(99);
  });

  it('stops when the time is over', async () => {
    const attempts = await attemptsAt({ url: 'http://127.0.0.1:9/', retries: 5 }, { withinMs: 10 });
    expect(attempts).toHaveLength(1);
  });
});
