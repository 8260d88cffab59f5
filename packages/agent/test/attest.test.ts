import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openBatch, type OpenedBatch } from '@trustmonitor/evidence';
import { generateSigner, nodeVerifier } from '@trustmonitor/evidence/node';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { Attest, type BatchKeeper } from '../src/attest/attest.ts';
import { Gather } from '../src/attest/gather.ts';
import type { NewBatch } from '../src/spool/file.ts';
import { Spool } from '../src/spool/spool.ts';
import { ringOf } from './kit/agent-key.ts';
import { logTo } from './kit/network.ts';
import { aFailure, expectOneChain, someResult } from './kit/results.ts';

const signer = generateSigner();
const keys = ringOf(signer);

const limits = {
  ...{ lingerMs: 25, calmLingerMs: 250, backlogLingerMs: 1_000 },
  ...{ batchResults: 100, maxResults: 1_000 },
};

let folder: string;
let spool: Spool;
let kept: NewBatch[];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tm-attest-'));
  spool = await Spool.open(folder, 10_000_000, logTo());
  kept = [];
});

afterEach(() => rm(folder, { recursive: true, force: true }));

const attestTo = (keeper: BatchKeeper, inBacklog = false): Attest =>
  new Attest({
    network: 'test-net',
    agent: 'eu-1',
    signer,
    keeper,
    seen: () => null,
    inBacklog: () => inBacklog,
    onKept: (batches) => kept.push(...batches),
    log: logTo(),
  });

/** A job of a round in which all regions are asked. */
const alertAt = (shard: number) => ({ shard, phase: 'verify' }) as const;

const opened = (): OpenedBatch[] =>
  kept.map(({ message }) => openBatch(message, keys, nodeVerifier));

const rounds = (batches: readonly OpenedBatch[]): string[] =>
  batches.flatMap(({ leaves }) => leaves.map(({ result }) => result.round));

describe('batches', () => {
  test('are sealed by shard, as one chain, and open with the agent’s key', async () => {
    const attest = attestTo(spool);
    const results = Array.from({ length: 40 }, () => someResult());
    results.forEach((result, index) => attest.add(alertAt(index % 4), [result]));
    await vi.waitFor(() => expect(rounds(opened())).toHaveLength(40));
    expect(kept.map(({ shard }) => shard).toSorted()).toEqual([0, 1, 2, 3]);
    expectOneChain(opened());
    expect(rounds(opened()).toSorted()).toEqual(results.map(({ round }) => round).toSorted());
  });

  test('of a failure go at once and alone', async () => {
    const attest = attestTo(spool);
    const [early, failure, late] = [someResult(), aFailure(), someResult()];
    attest.add(alertAt(1), [early]);
    attest.add(alertAt(1), [failure]);
    attest.add(alertAt(1), [late]);
    await vi.waitFor(() => expect(rounds(opened())).toHaveLength(3));
    expect(rounds(opened().slice(0, 1))).toEqual([failure.round]);
    expect(rounds(opened().slice(1))).toEqual([early.round, late.round]);
  });

  test('behind a backlog are few: even a failure waits for company', async () => {
    const attest = attestTo(spool, true);
    for (const result of [someResult(), aFailure(), someResult()]) attest.add(alertAt(1), [result]);
    await vi.waitFor(() => expect(kept).not.toEqual([]), 10_000);
    expect(opened().map(({ leaves }) => leaves.length)).toEqual([3]);
  });

  test('that began behind a backlog hold up nothing that comes after it', () => {
    const gather = new Gather(limits);
    gather.add(1, [aFailure()], 0, 'backlog');
    expect(gather.nextDueAt()).toBe(1_000);
    gather.add(1, [someResult()], 100, 'alert');
    expect(gather.nextDueAt()).toBe(125);
    const parcels = gather.takeDue(125);
    expect(parcels.map(({ jobs }) => jobs.length)).toEqual([2]);
    // What could not be kept is due at once, whatever came since.
    gather.add(1, [aFailure()], 200, 'backlog');
    gather.putBack(parcels);
    expect(gather.takeDue(201).map(({ jobs }) => jobs.length)).toEqual([3]);
  });

  test('wait for company where all is calm, but not with what is not', () => {
    const gather = new Gather(limits);
    gather.add(1, [someResult()], 0, 'calm');
    gather.add(2, [someResult()], 8, 'calm');
    expect(gather.nextDueAt()).toBe(250);
    // Asked of one region alone, but not simply up: others are to be asked next.
    gather.add(1, [someResult({ outcome: 'abstain' })], 10, 'calm');
    expect(gather.nextDueAt()).toBe(35);
    expect(gather.takeDue(35).map(({ shard, jobs }) => [shard, jobs.length])).toEqual([[1, 2]]);
    gather.add(2, [aFailure()], 40, 'calm');
    expect(gather.takeDue(40).map(({ shard, jobs }) => [shard, jobs.length])).toEqual([[2, 1]]);
    gather.add(1, [someResult()], 249, 'calm');
    expect(gather.takeDue(250).map(({ shard }) => shard)).toEqual([2, 1]);
  });

  test('have about a hundred results at most, and never half a job', async () => {
    const attest = attestTo(spool);
    const jobs = Array.from({ length: 84 }, () => {
      const attempts = [1, 2, 3].map((attempt) => someResult({ attempt, final: attempt === 3 }));
      return attempts;
    });
    for (const job of jobs) attest.add(alertAt(1), job);
    await attest.close();
    expect(opened().map(({ leaves }) => leaves.length)).toEqual([99, 99, 54]);
    expect(rounds(opened())).toEqual(jobs.flat().map(({ round }) => round));
    expectOneChain(opened());
  });

  test('stay below what a broker takes in one message', async () => {
    const attest = attestTo(spool);
    const long = 'x'.repeat(500);
    const headers = Object.fromEntries(Array.from({ length: 80 }, (_, i) => [`x-${i}`, long]));
    const response = { ...emptyResponse(), headers };
    for (let i = 0; i < 60; i += 1) attest.add(alertAt(1), [someResult({ response })]);
    await attest.close();
    expect(rounds(opened())).toHaveLength(60);
    expect(kept.length).toBeGreaterThan(1);
    for (const { message } of kept) expect(message.length).toBeLessThanOrEqual(1_000_000);
    expectOneChain(opened());
  });

  test('lose a job that cannot be sealed, and nothing else', async () => {
    const attest = attestTo(spool);
    const redirects = Array.from({ length: 20 }, () => '\u{10FFFF}'.repeat(1_024));
    const tooLarge = someResult({ response: { ...emptyResponse(), redirects } });
    const good = [someResult(), someResult()];
    attest.add(alertAt(1), [good[0]!]);
    attest.add(alertAt(1), [tooLarge]);
    attest.add(alertAt(1), [good[1]!]);
    await attest.close();
    expect(rounds(opened())).toEqual(good.map(({ round }) => round));
    expectOneChain(opened());
  });
});

describe('when nothing can be kept', () => {
  test('results wait in bounds, the chain stands still, and both go on later', async () => {
    let broken = true;
    const attest = attestTo({
      get head() {
        return spool.head;
      },
      keep: (batches) =>
        broken ? Promise.reject(new Error('ENOSPC: no space left')) : spool.keep(batches),
    });
    const first = aFailure();
    attest.add(alertAt(1), [first]);
    await vi.waitFor(() => expect(attest.blocked).toBe(true));
    for (let i = 0; i < 25_000; i += 1) attest.add(alertAt(i % 16), [someResult()]);
    expect(spool.head).toBeNull();

    broken = false;
    await vi.waitFor(() => expect(attest.blocked).toBe(false), { timeout: 5_000 });
    attest.add(alertAt(1), [aFailure()]);
    await attest.close();
    const batches = opened();
    expect(new Set(rounds(batches)).size).toBe(20_001);
    expect(rounds(batches)).toContain(first.round);
    expectOneChain(batches);
  });

  test('closing gives up, so that the agent can stop', async () => {
    const attest = attestTo({ head: null, keep: () => Promise.reject(new Error('ENOSPC')) });
    attest.add(alertAt(1), [someResult()]);
    await attest.close();
    expect(attest.blocked).toBe(true);
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
