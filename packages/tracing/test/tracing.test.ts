import { startOtlpCollector } from '@trustmonitor/testkit/targets';
import { expect, onTestFinished, test, vi } from 'vitest';
import {
  TRACING_OFF,
  jobSpanId,
  openTracing,
  roundSpanId,
  tracesUrlOf,
  type Span,
} from '../src/index.ts';

const ROUND = '01900000-0000-7000-8000-000000000001';
const TRACE = '01900000000070008000000000000001';

const span = (changes: Partial<Span> = {}): Span => ({
  traceId: TRACE,
  spanId: jobSpanId(ROUND, 'eu'),
  parentSpanId: roundSpanId(ROUND),
  name: 'job',
  kind: 'producer',
  startMs: 1_769_860_800_000.25,
  endMs: 1_769_860_800_134.5,
  attributes: { 'trustmonitor.region': 'eu' },
  events: [{ name: 'again', atMs: 1_769_860_800_001, attributes: {} }],
  error: null,
  ...changes,
});

async function tracingTo(url: string | null) {
  const lines: string[] = [];
  const tracing = await openTracing({
    url,
    service: 'trustmonitor-test',
    version: '1.2.3',
    attributes: { 'trustmonitor.network': 'test-net' },
    log: { info: (text) => lines.push(text), warn: (_detail, text) => lines.push(text) },
  });
  return { tracing, lines };
}

async function collector() {
  const started = await startOtlpCollector();
  onTestFinished(() => started.close());
  return started;
}

test('spans arrive as they are, under their own ids and times', async () => {
  const { url, spans } = await collector().then(async (started) => {
    const { tracing } = await tracingTo(tracesUrlOf(`${started.url}/`));
    tracing.record(() => [span(), span({ spanId: 'ab'.repeat(8), error: 'refused' })]);
    await tracing.close();
    return started;
  });
  expect(url).toMatch(/^http:/);
  expect(spans).toMatchObject([
    {
      traceId: TRACE,
      spanId: jobSpanId(ROUND, 'eu'),
      parentSpanId: roundSpanId(ROUND),
      name: 'job',
      kind: 4,
      startTimeUnixNano: '1769860800000250000',
      endTimeUnixNano: '1769860800134500000',
      attributes: { 'trustmonitor.region': 'eu' },
      events: [{ name: 'again' }],
      resource: {
        'service.name': 'trustmonitor-test',
        'service.version': '1.2.3',
        'trustmonitor.network': 'test-net',
      },
    },
    { spanId: 'ab'.repeat(8), status: { code: 2, message: 'refused' } },
  ]);
});

test('a collector that is away, or full, holds nobody up', async () => {
  const { tracing, lines } = await tracingTo('http://127.0.0.1:1/v1/traces');
  // Far beyond the queue: what has no room is dropped.
  for (let i = 0; i < 20; i++) tracing.record(() => Array.from({ length: 1_000 }, () => span()));
  tracing.record(() => {
    throw new Error('a fault of ours');
  });
  expect(lines).toEqual(['spans could not be made']);
  await tracing.close();
});

test('a collector that refuses is told of once, and once when it takes spans again', async () => {
  const started = await collector();
  const { tracing, lines } = await tracingTo(tracesUrlOf(started.url));
  // A whole batch is sent at once.
  const batch = () => tracing.record(() => Array.from({ length: 512 }, () => span()));
  started.answerWith(400);
  batch();
  const refused = 'the collector takes no traces; they are dropped';
  await vi.waitFor(() => expect(lines).toEqual([refused]), 15_000);
  batch();
  started.answerWith(200);
  await vi.waitFor(() => {
    batch();
    expect(lines.length).toBeGreaterThan(1);
  }, 15_000);
  expect(lines).toEqual([refused, 'the collector takes traces again']);
  await tracing.close();
});

test('without a collector nothing is made', async () => {
  const { tracing } = await tracingTo(null);
  expect(tracing).toBe(TRACING_OFF);
  tracing.record(() => {
    throw new Error('nobody asked');
  });
  await tracing.close();
});

test.each(['collector:4318', 'ftp://collector', 'http://', ''])('%j is no endpoint', (text) => {
  expect(() => tracesUrlOf(text)).toThrow('is not an http or https URL');
});
