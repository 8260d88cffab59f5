import { createServer } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import type { RunningAgent } from '../src/index.ts';
import { canariesOf, createCanaries, httpCanary, tcpCanary } from '../src/vitals/canaries.ts';
import { createNetworkClock } from '../src/vitals/clock.ts';
import { watchLoopDelay } from '../src/vitals/loop-delay.ts';
import { httpCheck, startNetwork, type LogLine, type TestNetwork } from './kit/network.ts';
import { closedPort, startTarget, type Target } from './kit/target.ts';

let network: TestNetwork;
let target: Target;

/** Agents of the test at hand; one that outlived its test would take the next one's jobs. */
const running: RunningAgent[] = [];

beforeAll(async () => {
  network = await startNetwork();
  target = await startTarget();
});

afterEach(async () => {
  network.coordinator.clockAheadMs = 0;
  await Promise.all(running.splice(0).map((agent) => agent.stop()));
});

afterAll(async () => {
  await network.stop();
  await target.stop();
});

async function runAgent(
  name: string,
  env: Record<string, string> = {},
  lines: LogLine[] = [],
): Promise<void> {
  const agent = await network.enrolAgent(name, env);
  running.push(await agent.start(lines));
}

const until = <T>(check: () => T | Promise<T>): Promise<T> =>
  vi.waitFor(check, { timeout: 15_000, interval: 20 });

const resultOf = (round: string) =>
  until(() => {
    const result = network.coordinator.resultsOf(round).find(({ final }) => final);
    if (result === undefined) throw new Error('no result yet');
    return result;
  });

const inTime = () => AbortSignal.timeout(5_000);

describe('canaries', () => {
  test('a failure is the agent’s own when they do not answer', async () => {
    const deadCanary = await closedPort();
    await runAgent('no-way-out', {
      TM_CANARIES: `tcp://127.0.0.1:${deadCanary}`,
    });
    const job = network.job(httpCheck(`http://127.0.0.1:${await closedPort()}/`));
    network.coordinator.send(job);
    expect(await resultOf(job.round)).toMatchObject({
      outcome: 'abstain',
      failure: {
        class: 'agent_offline',
        attribution: 'self',
        detail: expect.stringMatching(/tcp:\/\/127.0.0.1:\d+: ECONNREFUSED.*saw connect_refused/),
      },
      selfCheck: { canaries: 'failed' },
    });
  });

  test('a success needs none', async () => {
    const deadCanary = await closedPort();
    await runAgent('sees-up', {
      TM_CANARIES: `tcp://127.0.0.1:${deadCanary}`,
    });
    const job = network.job(httpCheck(target.url));
    network.coordinator.send(job);
    expect(await resultOf(job.round)).toMatchObject({
      outcome: 'up',
      selfCheck: { canaries: null },
    });
  });

  test('of many, more than half must answer', async () => {
    const yes = () => Promise.resolve(null);
    const no = () => Promise.resolve('silent');
    const stateOf = async (...all: (typeof yes | typeof no)[]) =>
      (await createCanaries(all).ask()).state;
    expect(await stateOf(yes)).toBe('ok');
    expect(await stateOf(no)).toBe('failed');
    expect(await stateOf(yes, no)).toBe('failed');
    expect(await stateOf(yes, yes, no)).toBe('ok');
    expect(await stateOf(yes, no, no)).toBe('failed');
  });

  test('are asked once for many failures, and again when the answer is old', async () => {
    let asked = 0;
    let now = 0;
    let answer: (fault: null) => void = () => undefined;
    const canaries = createCanaries(
      [
        () => {
          asked += 1;
          return new Promise((resolve) => (answer = resolve));
        },
      ],
      () => now,
    );
    const reports = Array.from({ length: 100 }, () => canaries.ask());
    answer(null);
    await Promise.all(reports);
    now = 1_999;
    await canaries.ask();
    expect(asked).toBe(1);
    now = 2_000;
    const again = canaries.ask();
    answer(null);
    await again;
    expect(asked).toBe(2);
  });

  test('asked anew, neither an answer nor a question from before counts, and all share one', async () => {
    let now = 0;
    const answers: ((fault: string | null) => void)[] = [];
    const canaries = createCanaries(
      [() => new Promise<string | null>((resolve) => answers.push(resolve))],
      () => now,
    );
    const early = canaries.ask();
    now = 10;
    const afresh = [
      canaries.ask({ since: 10 }),
      canaries.ask({ since: 10 }),
      canaries.ask({ since: 5 }),
    ];
    now = 20;
    answers[0]?.(null);
    expect((await early).state).toBe('ok');
    await Promise.resolve();
    expect(answers).toHaveLength(2);
    answers[1]?.('silent');
    expect((await Promise.all(afresh)).map(({ state }) => state)).toEqual(Array(3).fill('failed'));
    // Known by then: it was asked at 20.
    expect((await canaries.ask({ since: 20 })).state).toBe('failed');
    expect((await canaries.ask()).state).toBe('failed');
    expect(answers).toHaveLength(2);
  });

  test('count as silent for a probe that began before they were heard again', async () => {
    let now = 0;
    let fault: string | null = 'silent';
    const canaries = createCanaries([() => Promise.resolve(fault)], () => now);
    const stateAt = async (at: number, probeBeganAt: number) => {
      now = at;
      return (await canaries.ask({ probeBeganAt })).state;
    };
    expect(await stateAt(1_000, 0)).toBe('failed');
    fault = null;
    // The network came back while this probe ran: it may have failed by what was before.
    expect(await stateAt(9_000, 8_000)).toBe('failed');
    expect(await stateAt(9_500, 8_500)).toBe('failed');
    expect(await stateAt(10_500, 9_000)).toBe('ok');
    // A silence of long ago says nothing of a probe's beginning.
    fault = 'silent';
    expect(await stateAt(20_000, 19_000)).toBe('failed');
    fault = null;
    expect(await stateAt(50_000, 49_000)).toBe('ok');
  });

  test('over TCP tell a refusal, silence and a host that answers apart', async () => {
    const port = await closedPort();
    expect(await tcpCanary('127.0.0.1', target.port)(inTime())).toBeNull();
    expect(await tcpCanary('127.0.0.1', port)(inTime())).toContain('ECONNREFUSED');
    expect(await tcpCanary('127.0.0.1', port, true)(inTime())).toBeNull();
    expect(await tcpCanary('127.0.0.1', target.port)(AbortSignal.abort())).toContain('in time');
    expect(await tcpCanary('no-such-host.invalid', 80)(inTime())).toMatch(/ENOTFOUND|EAI_AGAIN/);
  });

  test('over HTTP take any answer, and only an answer', async () => {
    const broken = await startTarget((_request, response) => response.writeHead(503).end());
    const mute = createServer();
    await new Promise<void>((resolve) => mute.listen(0, '127.0.0.1', resolve));
    const address = mute.address();
    const port = typeof address === 'object' ? address?.port : 0;
    expect(await httpCanary(target.url)(inTime())).toBeNull();
    expect(await httpCanary(broken.url)(inTime())).toBeNull();
    expect(await httpCanary(`http://127.0.0.1:${port}/`)(AbortSignal.timeout(100))).toContain(
      'no answer in time',
    );
    mute.close();
    await broken.stop();
  });

  test('are the broker unless the operator names some', async () => {
    const [broker, ...others] = canariesOf([], network.broker.url);
    expect(others).toEqual([]);
    expect(await broker?.(inTime())).toBeNull();
  });
});

describe('overload', () => {
  test('of the queue makes abstentions with a reason', async () => {
    let release = (): void => undefined;
    const gate = new Promise<void>((resolve) => (release = resolve));
    const slow = await startTarget(
      (_request, response) => void gate.then(() => response.end('ok')),
    );
    await runAgent('small', { TM_CONCURRENCY: '2' });
    const jobs = Array.from({ length: 6 }, () => network.job(httpCheck(slow.url)));
    for (const job of jobs) network.coordinator.send(job);
    await until(() => expect(network.coordinator.resultsOf(jobs[5]!.round)).toHaveLength(1));
    release();
    const results = await Promise.all(jobs.map(({ round }) => resultOf(round)));
    expect(results.map(({ outcome }) => outcome)).toEqual([
      ...['up', 'up', 'up', 'up'],
      ...['abstain', 'abstain'],
    ]);
    expect(results[4]).toMatchObject({
      failure: { class: 'agent_overloaded', attribution: 'self' },
      selfCheck: { queued: 2 },
    });
    await slow.stop();
  });

  test('a job whose time runs out in the queue is an abstention, not the target’s failure', async () => {
    const stuck = await startTarget(() => undefined);
    await runAgent('one-lane', { TM_CONCURRENCY: '1' });
    const check = httpCheck(stuck.url, { timeoutMs: 600 });
    const first = network.job(check);
    const second = network.job(check, { expiresInMs: 300 });
    network.coordinator.send(first);
    network.coordinator.send(second);
    expect(await resultOf(first.round)).toMatchObject({ failure: { class: 'read_timeout' } });
    expect(await resultOf(second.round)).toMatchObject({
      outcome: 'abstain',
      failure: { class: 'agent_overloaded' },
    });
    await stuck.stop();
  });

  test('of the event loop makes the agent abstain', async () => {
    await runAgent('stalled', { TM_LOOP_DELAY_LIMIT_MS: '50' });
    // The first lateness is known one tick after the first.
    const warmUp = network.job(httpCheck(target.url));
    network.coordinator.send(warmUp);
    await resultOf(warmUp.round);
    const stalling = await startTarget((_request, response) => {
      // The target shares the agent's event loop here, and holds it up.
      const end = performance.now() + 300;
      while (performance.now() < end);
      response.end('ok');
    });
    const job = network.job(httpCheck(stalling.url));
    network.coordinator.send(job);
    const result = await resultOf(job.round);
    expect(result).toMatchObject({ outcome: 'abstain', failure: { class: 'agent_overloaded' } });
    expect(result.selfCheck.loopDelayUs).toBeGreaterThan(200_000);
    await stalling.stop();
  });

  test('a stall is on record as soon as timers run again', async () => {
    const loopDelay = watchLoopDelay();
    await new Promise((resolve) => setTimeout(resolve, 50));
    const end = performance.now() + 200;
    while (performance.now() < end);
    await new Promise((resolve) => setTimeout(resolve, 1));
    expect(loopDelay.worstUs()).toBeGreaterThan(150_000);
    loopDelay.stop();
  });
});

describe('clocks', () => {
  test.each([
    ['ahead', 600_000],
    ['behind', -600_000],
  ])('a coordinator 10 minutes %s is served like any other', async (way, ahead) => {
    network.coordinator.clockAheadMs = ahead;
    const lines: LogLine[] = [];
    await runAgent(`clock-${way}`, {}, lines);
    const stuck = await startTarget(() => undefined);
    const good = network.job(httpCheck(target.url));
    const expired = network.job(httpCheck(target.url), {
      issuedAt: new Date(network.coordinator.now() - 11_000).toISOString(),
    });
    const timedOut = network.job(httpCheck(stuck.url), { expiresInMs: 400 });
    for (const job of [expired, timedOut, good]) network.coordinator.send(job);

    expect((await resultOf(good.round)).outcome).toBe('up');
    const { durationMs, failure } = await resultOf(timedOut.round);
    expect(failure?.class).toBe('read_timeout');
    expect(durationMs).toBeGreaterThan(100);
    expect(durationMs).toBeLessThan(2_000);
    expect(network.coordinator.resultsOf(expired.round)).toEqual([]);
    await until(() => {
      const { skewMs } = network.coordinator.beats.at(-1)!;
      expect(skewMs).toBeGreaterThan(-ahead - 2_000);
      expect(skewMs).toBeLessThan(-ahead + 2_000);
    });
    expect(lines.map(({ msg }) => msg)).toContain(
      'this clock is off; deadlines are corrected for it',
    );
    await stuck.stop();
  });

  test('the offset is the median of recent exchanges, whatever the wall clock does', () => {
    const local = { now: 1_000, wallNow: 5_000_000 };
    const clock = createNetworkClock({ monotonic: () => local.now, wall: () => local.wallNow });
    expect(clock.coordinatorNow()).toBeNull();
    expect(clock.skewMs()).toBeNull();

    clock.measured(990, 1_010, 2_001_000);
    expect(clock.coordinatorNow()).toBe(2_001_000);
    clock.measured(990, 1_010, 2_001_002);
    clock.measured(900, 1_000, 9_999_999);
    expect(clock.coordinatorNow()).toBe(2_001_002);
    clock.measured(990, 1_010, Number.NaN);
    expect(clock.coordinatorNow()).toBe(2_001_002);

    local.wallNow -= 3_600_000;
    local.now += 500;
    expect(clock.coordinatorNow()).toBe(2_001_502);
    expect(clock.skewMs()).toBe(5_000_000 - 3_600_000 - 2_001_502);

    for (let i = 0; i < 8; i += 1) clock.measured(1_490, 1_510, 3_000_000);
    expect(clock.coordinatorNow()).toBe(3_000_000);
  });

  test('coordinators whose clocks differ are kept apart', () => {
    const clock = createNetworkClock({ monotonic: () => 1_000, wall: () => 2_000_500 });
    for (let i = 0; i < 8; i += 1) clock.measured(1_000, 1_000, 2_000_000, 'one');
    clock.measured(1_000, 1_000, 2_600_000, 'two');
    expect([clock.coordinatorNow('one'), clock.coordinatorNow('two')]).toEqual([
      2_000_000, 2_600_000,
    ]);
    expect(clock.coordinatorNow('three')).toBeNull();
    expect(clock.skewMs()).toBe(-599_500);
    for (let i = 0; i < 20; i += 1) clock.measured(1_000, 1_000, 2_000_000, `gone-${i}`);
    expect(clock.coordinatorNow('one')).toBeNull();
  });
});
