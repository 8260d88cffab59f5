import {
  connectBus,
  onBatch,
  onBeat,
  onJob,
  onReceipt,
  requestBeat,
  sendBatch,
  sendJob,
  sendReceipt,
  type Bus,
} from '@trustmonitor/bus';
import {
  TrustMonitorError,
  formatTimestamp,
  receiptSubject,
  type Beat,
  type Job,
  type Receipt,
} from '@trustmonitor/protocol';
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { testBroker } from './broker.ts';
import { agentClient, coordinatorClient, type TestClient } from './clients.ts';

const eu1 = agentClient('eu-1', 'eu');
const eu2 = agentClient('eu-2', 'eu');
const coordinator = coordinatorClient('coordinator-1');
const broker = await testBroker({ users: [eu1.user, eu2.user, coordinator.user] });

let eu1Bus: Bus;
let eu2Bus: Bus;
let coordinatorBus: Bus;
let stops: { unsubscribe(): void }[] = [];

beforeAll(async () => {
  const connect = ({ client, seed }: TestClient) => connectBus({ url: broker.url, client, seed });
  [eu1Bus, eu2Bus, coordinatorBus] = (await Promise.all([eu1, eu2, coordinator].map(connect))) as [
    Bus,
    Bus,
    Bus,
  ];
});

beforeEach(() => {
  for (const stop of stops) stop.unsubscribe();
  stops = [];
  faults = [];
});

afterAll(() => Promise.all([eu1Bus, eu2Bus, coordinatorBus].map((bus) => bus.close())));

let faults: { subject: string; error: TrustMonitorError }[] = [];
const note = (subject: string, error: TrustMonitorError): void => {
  faults.push({ subject, error });
};

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

function job(round: number): Job {
  return {
    v: 1,
    network: 'test-net',
    round: `00000000-0000-7000-8000-${String(round).padStart(12, '0')}`,
    monitor: 'shop',
    region: 'eu',
    shard: 3,
    phase: 'primary',
    issuedAt: formatTimestamp(0),
    expiresInMs: 1_000,
    check: {
      digest: '0'.repeat(64),
      definition: {
        type: 'heartbeat',
        timeoutMs: 1_000,
        assertions: [],
        degradedAfterMs: null,
        retries: { count: 0, backoffMs: 10, classes: [] },
        heartbeat: { periodMs: 60_000, graceMs: 60_000 },
      },
    },
    secrets: {},
  };
}

const beat = (agent: string): Beat => ({
  v: 1,
  network: 'test-net',
  agent,
  region: 'eu',
  version: '0.1.0',
  sentAt: formatTimestamp(0),
  startedAt: formatTimestamp(0),
  skewMs: null,
  queued: 0,
  spooledBatches: 0,
  loopDelayUs: 0,
});

describe('jobs', () => {
  test('go to one agent of the region each, as they were sent', async () => {
    const taken: [string, Job][] = [];
    stops.push(onJob(eu1Bus, 'eu', (each) => taken.push(['eu-1', each]), note));
    stops.push(onJob(eu2Bus, 'eu', (each) => taken.push(['eu-2', each]), note));
    await Promise.all([eu1Bus.flush(), eu2Bus.flush()]);
    const jobs = Array.from({ length: 60 }, (_, index) => job(index));
    for (const each of jobs) expect(sendJob(coordinatorBus, each)).toBe(true);
    await vi.waitFor(() => expect(taken).toHaveLength(60));
    await coordinatorBus.flush();
    const rounds = taken.map(([, each]) => each.round).toSorted();
    expect(rounds).toEqual(jobs.map(({ round }) => round));
    expect(taken[0]?.[1]).toEqual(jobs.find(({ round }) => round === taken[0]?.[1].round));
    expect(new Set(taken.map(([agent]) => agent))).toEqual(new Set(['eu-1', 'eu-2']));
    expect(faults).toEqual([]);
  });

  test.each([
    ['no JSON', bytes('{"v":1'), 'input.malformed'],
    ['not UTF-8', new Uint8Array([0x22, 0xff, 0x22]), 'message.malformed'],
    ['nothing', new Uint8Array(), 'input.malformed'],
    ['another message', bytes('{"v":1}'), 'message.malformed'],
    ['a later version', bytes(JSON.stringify({ ...job(1), v: 2 })), 'message.version'],
    ['no version', bytes(JSON.stringify({ ...job(1), v: 0 })), 'message.malformed'],
  ])('that are %s are reported, not thrown, and the next is taken', async (_what, data, code) => {
    const taken: Job[] = [];
    stops.push(onJob(eu1Bus, 'eu', (each) => taken.push(each), note));
    await eu1Bus.flush();
    coordinatorBus.publish('tm.v1.job.eu', data);
    sendJob(coordinatorBus, job(7));
    await vi.waitFor(() => expect(taken).toEqual([job(7)]));
    expect(faults).toHaveLength(1);
    expect(faults[0]?.subject).toBe('tm.v1.job.eu');
    expect(faults[0]?.error).toBeInstanceOf(TrustMonitorError);
    expect(faults[0]?.error.code).toBe(code);
  });
});

test('fields of a newer release are left out, in every message that is not signed', async () => {
  const taken: unknown[] = [];
  const newer = (message: object) => bytes(JSON.stringify({ ...message, since: '2.0' }));
  stops.push(onJob(eu1Bus, 'eu', (each) => taken.push(each), note));
  stops.push(onReceipt(eu1Bus, 'eu-1', (each) => taken.push(each), note));
  await eu1Bus.flush();
  const receipt: Receipt = {
    v: 1,
    agent: 'eu-1',
    seq: 1,
    batch: 'ab'.repeat(32),
    status: 'committed',
    reason: '',
  };
  coordinatorBus.publish('tm.v1.job.eu', newer(job(8)));
  coordinatorBus.publish(receiptSubject('eu-1'), newer(receipt));
  await vi.waitFor(() => expect(taken).toHaveLength(2));
  expect(taken).toEqual(expect.arrayContaining([job(8), receipt]));
  expect(faults).toEqual([]);
});

describe('batches and receipts', () => {
  test('a batch arrives byte for byte, under the name that the broker allowed', async () => {
    const taken: [string, Uint8Array][] = [];
    stops.push(onBatch(coordinatorBus, 3, (agent, message) => taken.push([agent, message])));
    await coordinatorBus.flush();
    const message = new Uint8Array([0, 255, 10, 13]);
    sendBatch(eu1Bus, 3, 'eu-1', message);
    sendBatch(eu1Bus, 4, 'eu-1', message);
    sendBatch(eu1Bus, 3, 'eu-2', message);
    sendBatch(eu2Bus, 3, 'eu-2', message);
    await vi.waitFor(() => expect(taken).toHaveLength(2));
    await Promise.all([eu1Bus.flush(), eu2Bus.flush()]);
    await coordinatorBus.flush();
    expect(taken.map(([agent]) => agent).toSorted()).toEqual(['eu-1', 'eu-2']);
    for (const [, data] of taken) expect(Buffer.from(data)).toEqual(Buffer.from(message));
  });

  test('a receipt reaches its agent and no other; a bad one is reported', async () => {
    const first: Receipt[] = [];
    const second: Receipt[] = [];
    stops.push(onReceipt(eu1Bus, 'eu-1', (each) => first.push(each), note));
    stops.push(onReceipt(eu2Bus, 'eu-2', (each) => second.push(each), note));
    await Promise.all([eu1Bus.flush(), eu2Bus.flush()]);
    const receipt: Receipt = {
      v: 1,
      agent: 'eu-1',
      seq: 7,
      batch: 'a'.repeat(64),
      status: 'committed',
      reason: '',
    };
    coordinatorBus.publish('_INBOX.eu-1.receipt', bytes('{}'));
    sendReceipt(coordinatorBus, receipt);
    await vi.waitFor(() => expect(first).toEqual([receipt]));
    await eu2Bus.flush();
    expect(second).toEqual([]);
    expect(faults.map(({ error }) => error.code)).toEqual(['message.malformed']);
  });
});

describe('heartbeats', () => {
  test('are answered with the coordinator’s time', async () => {
    const receivedAt = '2026-01-31T12:00:00.000Z';
    stops.push(onBeat(coordinatorBus, () => ({ v: 1, receivedAt }), note));
    await coordinatorBus.flush();
    expect(await requestBeat(eu1Bus, beat('eu-1'), 5_000)).toEqual({ v: 1, receivedAt });
  });

  test('in another agent’s name are reported and get no answer', async () => {
    const heard: Beat[] = [];
    const answer = (each: Beat) => {
      heard.push(each);
      return { v: 1 as const, receivedAt: formatTimestamp(0) };
    };
    stops.push(onBeat(coordinatorBus, answer, note));
    await coordinatorBus.flush();
    eu1Bus.publish('tm.v1.beat.eu.eu-1', bytes(JSON.stringify(beat('eu-2'))));
    await vi.waitFor(() => expect(faults).toHaveLength(1));
    expect(faults[0]?.error.message).toContain('another agent');
    expect(heard).toEqual([]);
  });

  test('fail with a code when nobody answers, or answers nonsense', async () => {
    await expect(requestBeat(eu1Bus, beat('eu-1'), 200)).rejects.toMatchObject({
      code: 'nats.unavailable',
    });
    stops.push(
      coordinatorBus.subscribe('tm.v1.beat.*.*', (delivery) => delivery.respond(bytes('{"v":1}'))),
    );
    await coordinatorBus.flush();
    await expect(requestBeat(eu1Bus, beat('eu-1'), 5_000)).rejects.toMatchObject({
      code: 'message.malformed',
    });
  });
});
