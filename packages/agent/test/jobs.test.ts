import type { IncomingHttpHeaders } from 'node:http';
import { connectBus, createNkeySeed, publicNkey, type Bus } from '@trustmonitor/bus';
import {
  formatTimestamp,
  type CheckDefinition,
  type Job,
  type Result,
} from '@trustmonitor/protocol';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { Drained } from '../src/jobs/drained.ts';
import { httpCheck, logTo, startNetwork, type LogLine, type TestNetwork } from './kit/network.ts';
import { closedPort, startTarget, type Target } from './kit/target.ts';

let network: TestNetwork;
let target: Target;
let raw: Bus;
const lines: LogLine[] = [];

beforeAll(async () => {
  network = await startNetwork();
  target = await startTarget();
  const seed = createNkeySeed();
  await network.broker.admit({ nkey: publicNkey(seed), publish: ['tm.v1.job.*'], subscribe: [] });
  raw = await connectBus({ url: network.broker.url, client: 'raw', seed });
  const agent = await network.enrolAgent('eu-1');
  await agent.start(lines);
});

afterAll(async () => {
  await raw.close();
  await network.stop();
  await target.stop();
});

/** The results of a round, once its last one is there. */
function arrived(round: string): Promise<Result[]> {
  return vi.waitFor(
    () => {
      const results = network.coordinator.resultsOf(round);
      if (!results.some(({ final }) => final)) throw new Error('no final result yet');
      return results;
    },
    { timeout: 10_000 },
  );
}

function send(check: CheckDefinition, changes: Partial<Job> = {}): Job {
  const job = network.job(check, changes);
  network.coordinator.send(job);
  return job;
}

/** Resolves when the agent has handled everything that was sent to it before. */
async function handled(): Promise<void> {
  await arrived(send(httpCheck(target.url)).round);
}

describe('a job', () => {
  test('becomes one signed result that says what was seen', async () => {
    const job = send(httpCheck(target.url));
    const [result, ...others] = await arrived(job.round);
    expect(others).toEqual([]);
    expect(result).toMatchObject({
      network: 'test-net',
      agent: 'eu-1',
      region: 'eu',
      monitor: 'shop',
      check: job.check.digest,
      round: job.round,
      attempt: 1,
      final: true,
      outcome: 'up',
      failure: null,
      response: { status: 200, address: '127.0.0.1' },
      selfCheck: { canaries: null },
    });
  });

  test('that fails is believed when the canaries answer, and goes alone', async () => {
    const job = send(httpCheck(`http://127.0.0.1:${await closedPort()}/`));
    const [result] = await arrived(job.round);
    expect(result).toMatchObject({
      outcome: 'down',
      failure: { class: 'connect_refused', attribution: 'target' },
      selfCheck: { canaries: 'ok' },
    });
    const batch = network.coordinator.batches.find(({ leaves }) =>
      leaves.some((leaf) => leaf.result.round === job.round),
    );
    expect(batch?.leaves).toHaveLength(1);
  });

  test('with retries makes one result per attempt, in one batch, in order, one of them final', async () => {
    const port = await closedPort();
    const retries = { count: 2, backoffMs: 10, classes: ['connect_refused' as const] };
    const job = send(httpCheck(`http://127.0.0.1:${port}/`, { retries }));
    const results = await arrived(job.round);
    expect(results.map(({ attempt, final }) => [attempt, final])).toEqual([
      [1, false],
      [2, false],
      [3, true],
    ]);
    const holders = network.coordinator.batches.filter(({ leaves }) =>
      leaves.some((leaf) => leaf.result.round === job.round),
    );
    expect(holders).toHaveLength(1);
  });

  test('at a private address is refused without the operator’s leave', async () => {
    const job = send(httpCheck('http://10.0.0.1/'));
    const [result] = await arrived(job.round);
    expect(result).toMatchObject({ outcome: 'abstain', failure: { class: 'blocked_target' } });
  });

  test('hands its secrets to the probe and to nothing else', async () => {
    const seen: (string | undefined)[] = [];
    const guarded = await startTarget((request, response) => {
      seen.push(request.headers.authorization);
      response.end('ok');
    });
    const check = httpCheck(guarded.url);
    if (check.type !== 'http') throw new Error('not http');
    const withAuth: CheckDefinition = {
      ...check,
      http: { ...check.http, auth: { scheme: 'bearer', token: { secretRef: 'token' } } },
    };
    const job = send(withAuth, { secrets: { token: 'hunter2-hunter2' } });
    await arrived(job.round);
    expect(seen).toEqual(['Bearer hunter2-hunter2']);
    expect(JSON.stringify(lines)).not.toContain('hunter2');
    expect(JSON.stringify(network.coordinator.results)).not.toContain('hunter2');
    await guarded.stop();
  });

  test('tells the target its round, as the trace, and its region', async () => {
    const headers: IncomingHttpHeaders[] = [];
    const curious = await startTarget((request, response) => {
      headers.push(request.headers);
      response.end('ok');
    });
    const job = send(httpCheck(curious.url));
    await arrived(job.round);
    const traceId = job.round.replaceAll('-', '');
    expect(headers).toHaveLength(1);
    expect(headers[0]?.['traceparent']).toMatch(new RegExp(`^00-${traceId}-[0-9a-f]{16}-01$`));
    expect(headers[0]?.['user-agent']).toMatch(/^TrustMonitor\/\d+\.\d+\.\d+ \(region eu\)$/);
    await curious.stop();
  });
});

describe('refused, without a probe or a result:', () => {
  const check = () => httpCheck(target.url);

  async function refused(job: Job, reason: string): Promise<void> {
    const before = target.requests;
    network.coordinator.send(job);
    await handled();
    expect(network.coordinator.resultsOf(job.round)).toEqual([]);
    expect(target.requests).toBe(before + 1);
    expect(lines.map(({ refusal }) => refusal)).toContain(reason);
  }

  test('an expired job', () => {
    const issuedAt = formatTimestamp(network.coordinator.now() - 10_001);
    return refused(network.job(check(), { issuedAt }), 'expired');
  });

  test('a job with an impossible date', () => {
    return refused(network.job(check(), { issuedAt: '2026-99-99T00:00:00.000Z' }), 'expired');
  });

  test('a job of another network', () =>
    refused(network.job(check(), { network: 'other' }), 'foreign_network'));

  test('a job whose definition is not the one its digest names', () => {
    const job = network.job(check());
    const definition = httpCheck(`${target.url}elsewhere`);
    return refused({ ...job, check: { ...job.check, definition } }, 'digest_mismatch');
  });

  test('a job of another region that was published to ours', async () => {
    const job = network.job(check(), { region: 'us' });
    raw.publish('tm.v1.job.eu', new TextEncoder().encode(JSON.stringify(job)));
    await raw.flush();
    await handled();
    expect(network.coordinator.resultsOf(job.round)).toEqual([]);
    expect(lines.map(({ refusal }) => refusal)).toContain('foreign_region');
  });

  test('a repeated job', async () => {
    const before = target.requests;
    const job = send(check());
    network.coordinator.send(job);
    await arrived(job.round);
    network.coordinator.send(job);
    await handled();
    expect(network.coordinator.resultsOf(job.round)).toHaveLength(1);
    expect(target.requests).toBe(before + 2);
    expect(lines.map(({ refusal }) => refusal)).toContain('repeated');
  });

  test.each([
    ['no JSON', 'nonsense'],
    ['not UTF-8', new Uint8Array([0xff, 0xfe, 0x00])],
    ['nothing', ''],
    ['an unknown version', () => ({ ...network.job(check()), v: 2 })],
    ['a negative time', () => ({ ...network.job(check()), expiresInMs: -1 })],
    ['an unknown check kind', () => ({ ...network.job(check()), check: { type: 'telepathy' } })],
    ['deep nesting', '['.repeat(100_000)],
  ])('a malformed job: %s', async (_what, content) => {
    const value = typeof content === 'function' ? JSON.stringify(content()) : content;
    const bytes = typeof value === 'string' ? new TextEncoder().encode(value) : value;
    raw.publish('tm.v1.job.eu', bytes);
    await raw.flush();
    await handled();
  });
});

describe('an agent that is drained', () => {
  const said = (name: string, drained: boolean) =>
    vi.waitFor(
      () => {
        const last = network.coordinator.beats.findLast(({ agent }) => agent === name);
        expect(last?.drained).toBe(drained);
      },
      { timeout: 10_000 },
    );

  test('says so and takes no jobs, and takes them again when it is told', async () => {
    const second = await (await network.enrolAgent('eu-2')).start();
    network.coordinator.drained.add('eu-1');
    await said('eu-1', true);
    await said('eu-2', false);
    const jobs = Array.from({ length: 20 }, () => send(httpCheck(target.url)));
    for (const { round } of jobs) {
      expect((await arrived(round)).map(({ agent }) => agent)).toEqual(['eu-2']);
    }
    await second.stop();
    network.coordinator.drained.delete('eu-1');
    await said('eu-1', false);
    const [result] = await arrived(send(httpCheck(target.url)).round);
    expect(result?.agent).toBe('eu-1');
  });

  test('stays so while coordinators answer that know nothing of drains', () => {
    const drained = new Drained(logTo());
    const seen: boolean[] = [];
    drained.tell(true);
    drained.follow((isDrained) => void seen.push(isDrained));
    drained.tell(undefined);
    drained.tell(true);
    drained.tell(false);
    expect(seen).toEqual([true, false]);
  });
});
