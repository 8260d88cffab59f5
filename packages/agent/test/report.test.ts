import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { OpenedBatch } from '@trustmonitor/evidence';
import type { Job } from '@trustmonitor/protocol';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { Lane } from '../src/report/lane.ts';
import type { KeptBatch } from '../src/spool/spool.ts';
import { httpCheck, startNetwork, type LogLine, type TestNetwork } from './kit/network.ts';
import { expectOneChain } from './kit/results.ts';
import { closedPort, startTarget, type Target } from './kit/target.ts';

let network: TestNetwork;
let target: Target;

beforeEach(async () => {
  network = await startNetwork();
  target = await startTarget();
});

afterEach(async () => {
  network.coordinator.policy = () => 'committed';
  await network.stop();
  await target.stop();
});

const until = <T>(check: () => T | Promise<T>): Promise<T> =>
  vi.waitFor(check, { timeout: 30_000, interval: 20 });

/** Sends jobs one by one, each for its own batch, and waits until the agent has sealed them. */
async function sealFailures(count: number, monitor = 'shop'): Promise<Job[]> {
  const check = httpCheck(`http://127.0.0.1:${await closedPort()}/`);
  const jobs: Job[] = [];
  for (let i = 0; i < count; i += 1) {
    const job = network.job(check, { monitor });
    const before = network.coordinator.deliveries.length;
    network.coordinator.send(job);
    jobs.push(job);
    if (before < 8) await until(() => expect(deliveries().length).toBeGreaterThan(before));
  }
  return jobs;
}

const deliveries = (): OpenedBatch[] => network.coordinator.deliveries;
const numbers = (): number[] => deliveries().map(({ batch }) => batch.seq);

const spooled = async (dataDirectory: string, folder = ''): Promise<string[]> =>
  (await readdir(join(dataDirectory, 'spool', folder))).filter((name) => /^\d/.test(name));

describe('a batch', () => {
  test('is kept until its receipt says that it is committed', async () => {
    network.coordinator.policy = () => null;
    const agent = await network.enrolAgent('eu-1');
    await agent.start();
    await sealFailures(3);
    expect(await spooled(agent.dataDirectory)).toHaveLength(3);
    await until(() => expect(network.coordinator.beats.at(-1)?.spooledBatches).toBe(3));

    for (const batch of network.coordinator.batches)
      network.coordinator.receipt(batch, 'committed');
    await until(async () => expect(await spooled(agent.dataDirectory)).toHaveLength(1));
    await until(() => expect(network.coordinator.beats.at(-1)?.spooledBatches).toBe(0));
  });

  test('is not given up for a receipt that is not its own', async () => {
    network.coordinator.policy = () => null;
    const agent = await network.enrolAgent('eu-1');
    await agent.start();
    await sealFailures(2);
    const [first, second] = network.coordinator.batches;
    // The right number with another digest, as after a mix-up of two chains.
    network.coordinator.receipt({ ...first!, digest: second!.digest }, 'committed');
    network.coordinator.receipt({ ...first!, digest: '0'.repeat(64) }, 'refused');
    network.coordinator.receipt(second!, 'committed');
    await until(() => expect(network.coordinator.beats.at(-1)?.spooledBatches).toBe(1));
    expect(await spooled(agent.dataDirectory, 'refused')).toEqual([]);
  });

  test('that is refused is set aside, logged, and holds up nothing', async () => {
    const lines: LogLine[] = [];
    network.coordinator.policy = ({ batch }) => (batch.seq === 2 ? 'refused' : 'committed');
    const agent = await network.enrolAgent('eu-1');
    await agent.start(lines);
    await sealFailures(4);
    await until(async () =>
      expect(await spooled(agent.dataDirectory, 'refused')).toEqual([
        expect.stringMatching(/^0000000000000002-[0-9a-f]{64}\.batch$/),
      ]),
    );
    await until(() => expect(network.coordinator.beats.at(-1)?.spooledBatches).toBe(0));
    expect(lines).toContainEqual(
      expect.objectContaining({ batch: 2, reason: 'batch.invalid: a test says so' }),
    );
    expect(numbers()).toEqual([1, 2, 3, 4]);
  });

  test('without a receipt is sent again after a while', async () => {
    network.coordinator.policy = () => null;
    const agent = await network.enrolAgent('eu-1');
    await agent.start();
    await sealFailures(2);
    network.coordinator.policy = () => 'committed';
    await until(() => expect(numbers()).toEqual([1, 2, 1, 2]));
    await until(() => expect(network.coordinator.beats.at(-1)?.spooledBatches).toBe(0));
  });
});

describe('in flight', () => {
  test('are few of a shard at a time; the rest follows receipts, in order', async () => {
    network.coordinator.policy = () => null;
    const agent = await network.enrolAgent('eu-1');
    await agent.start();
    await sealFailures(20);
    await until(() => expect(network.coordinator.beats.at(-1)?.spooledBatches).toBeGreaterThan(8));
    expect(new Set(numbers()).size).toBe(8);

    // One shard that is stuck does not hold up another.
    await sealFailures(1, 'another-monitor');
    await until(() => expect(new Set(numbers()).size).toBe(9));

    network.coordinator.policy = () => 'committed';
    for (const batch of network.coordinator.batches)
      network.coordinator.receipt(batch, 'committed');
    await until(() => expect(network.coordinator.beats.at(-1)?.spooledBatches).toBe(0));
    expectOneChain(network.coordinator.batches);
    const shop = network.coordinator.deliveries.filter(({ leaves }) =>
      leaves.every(({ result }) => result.monitor === 'shop'),
    );
    const firstDeliveries = [...new Set(shop.map(({ batch }) => batch.seq))];
    expect(firstDeliveries).toEqual(firstDeliveries.toSorted((a, b) => a - b));
  });

  test('a full window is no backlog before its receipts are overdue', () => {
    const lane = new Lane({
      ...{ window: 8, read: () => Promise.resolve(null), send: () => true },
      patienceMs: (sendings) => sendings * 2_000,
    });
    const push = (seq: number, now: number) => {
      const batch = { seq, digest: `${seq}`, shard: 1 } as KeptBatch;
      lane.push({ batch, message: new Uint8Array() }, now);
    };
    for (let seq = 1; seq <= 8; seq += 1) push(seq, seq * 100);
    expect([lane.size, lane.lagMs(2_099), lane.isBehind(2_099)]).toEqual([8, 1_999, false]);
    expect(lane.isBehind(2_100)).toBe(true);
    // The oldest has its receipt, and another one is sent.
    lane.receipted(1, '1', 2_100);
    expect(lane.isBehind(9_000)).toBe(false);
    push(9, 2_150);
    expect([lane.isBehind(2_199), lane.isBehind(2_200)]).toEqual([false, true]);
  });

  test('what fails while receipts are overdue waits for company', async () => {
    network.coordinator.policy = () => null;
    const agent = await network.enrolAgent('eu-1');
    await agent.start();
    await sealFailures(8);
    await until(() => expect(numbers().filter((seq) => seq === 1)).toHaveLength(2));
    const [failed] = await sealFailures(1);
    const up = network.job(httpCheck(target.url));
    network.coordinator.send(up);
    await until(() => expect(network.coordinator.beats.at(-1)?.spooledBatches).toBe(9));
    network.coordinator.policy = () => 'committed';
    for (const batch of network.coordinator.batches)
      network.coordinator.receipt(batch, 'committed');
    await until(() => expect(network.coordinator.resultsOf(up.round)).toHaveLength(1));
    const last = network.coordinator.batches.at(-1)?.leaves ?? [];
    expect(last.map(({ result }) => result.round).toSorted()).toEqual(
      [failed!.round, up.round].toSorted(),
    );
  });

  test('what was under way when the broker died arrives when it is back', async () => {
    network.coordinator.policy = () => null;
    const agent = await network.enrolAgent('eu-1');
    await agent.start();
    await sealFailures(3);
    await network.broker.kill();
    network.coordinator.policy = () => 'committed';
    await network.broker.restart();
    await until(() => expect(network.coordinator.connected).toBe(true));
    await until(() => expect(new Set(numbers().slice(3))).toEqual(new Set([1, 2, 3])));
    await until(() => expect(network.coordinator.beats.at(-1)?.spooledBatches).toBe(0));
    expectOneChain(network.coordinator.batches);
  });

  test('what was seen while the broker was away arrives when it is back', async () => {
    let release = (): void => undefined;
    const gate = new Promise<void>((resolve) => (release = resolve));
    const slow = await startTarget(
      (_request, response) => void gate.then(() => response.end('ok')),
    );
    const agent = await network.enrolAgent('eu-1');
    await agent.start();
    const job = network.job(httpCheck(slow.url));
    network.coordinator.send(job);
    await until(() => expect(slow.requests).toBe(1));
    await network.broker.kill();
    release();
    await until(async () => expect(await spooled(agent.dataDirectory)).toHaveLength(1));
    await network.broker.restart();
    await until(() => expect(network.coordinator.resultsOf(job.round)).toHaveLength(1));
    await slow.stop();
  });

  test('a coordinator that comes back is sent everything at once', async () => {
    const agent = await network.enrolAgent('eu-1');
    await agent.start();
    network.coordinator.policy = () => null;
    await sealFailures(2);
    await network.coordinator.stop();
    network.coordinator.policy = () => 'committed';
    await network.coordinator.start(network.broker.url);
    await until(() => expect(network.coordinator.beats.at(-1)?.spooledBatches).toBe(0));
    expectOneChain(network.coordinator.batches);
  });
});

describe('the next start', () => {
  test('sends what is left, continues the chain, and keeps the order', async () => {
    network.coordinator.policy = () => null;
    const agent = await network.enrolAgent('eu-1');
    const first = await agent.start();
    await sealFailures(5);
    await first.stop();
    const before = numbers().length;

    network.coordinator.policy = () => 'committed';
    const second = await agent.start();
    expect(second.identity).toEqual(first.identity);
    await until(() => expect(numbers().slice(before)).toEqual([1, 2, 3, 4, 5]));
    await sealFailures(1);
    await until(() => expect(numbers()).toContain(6));
    expectOneChain(network.coordinator.batches);
  });

  test('after everything was committed still continues the chain', async () => {
    const agent = await network.enrolAgent('eu-1');
    const first = await agent.start();
    await sealFailures(2);
    await until(() => expect(network.coordinator.beats.at(-1)?.spooledBatches).toBe(0));
    await first.stop();
    await agent.start();
    await sealFailures(2);
    await until(() => expect(network.coordinator.batches).toHaveLength(4));
    expectOneChain(network.coordinator.batches);
  });

  test('on a folder that another agent uses is refused', async () => {
    const agent = await network.enrolAgent('eu-1');
    await agent.start();
    await expect(agent.start()).rejects.toMatchObject({
      code: 'data.unwritable',
      message: expect.stringContaining(`process id ${process.pid}`),
    });
  });
});

test('a spool that is full makes the agent silent, not dead, and it recovers', async () => {
  network.coordinator.policy = () => null;
  const lines: LogLine[] = [];
  const agent = await network.enrolAgent('eu-1', { TM_SPOOL_MAX_BYTES: String(1024 * 1024) });
  await agent.start(lines);
  const check = httpCheck(target.url);
  await until(() => {
    for (let i = 0; i < 100; i += 1) network.coordinator.send(network.job(check));
    expect(lines.map(({ msg }) => msg)).toContain('job dropped: the spool is full');
  });
  const beats = network.coordinator.beats.length;
  await until(() => expect(network.coordinator.beats.length).toBeGreaterThan(beats));

  network.coordinator.policy = () => 'committed';
  for (const batch of network.coordinator.batches) network.coordinator.receipt(batch, 'committed');
  await until(() => {
    const job = network.job(check);
    network.coordinator.send(job);
    expect(lines.map(({ msg }) => msg)).toContain('results can be kept again');
  });
  const job = network.job(check);
  network.coordinator.send(job);
  await until(() => expect(network.coordinator.resultsOf(job.round)).toHaveLength(1));
  expectOneChain(network.coordinator.batches);
}, 60_000);
