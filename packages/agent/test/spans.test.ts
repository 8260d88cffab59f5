/** A probe as spans: in the round's trace, below the job that asked for it. */
import { createServer } from 'node:http';
import { ONE_OFF, traceIdOf } from '@trustmonitor/protocol';
import { LOOPBACK, listen, startOtlpCollector } from '@trustmonitor/testkit/targets';
import { jobSpanId } from '@trustmonitor/tracing';
import { afterAll, beforeAll, expect, onTestFinished, test, vi } from 'vitest';
import { spansOfProbe } from '../src/run/spans.ts';
import { httpCheck, startNetwork, type TestNetwork } from './kit/network.ts';
import { aFailure } from './kit/results.ts';

let network: TestNetwork;
beforeAll(async () => {
  network = await startNetwork();
});
afterAll(() => network.stop());

test('the span that the target was told of is exported, with its phases below it', async () => {
  const collector = await startOtlpCollector();
  const told: string[] = [];
  const target = await listen(
    createServer((request, response) => {
      told.push(String(request.headers['traceparent']));
      response.end('fine');
    }),
  );
  onTestFinished(async () => {
    await collector.close();
    await target.close();
  });
  const enrolled = await network.enrolAgent('eu-1', { OTEL_EXPORTER_OTLP_ENDPOINT: collector.url });
  const agent = await enrolled.start();
  const job = network.job(httpCheck(`http://${LOOPBACK}:${target.port}/`));
  network.coordinator.send(job);
  await vi.waitFor(() => expect(network.coordinator.results).toHaveLength(1), { timeout: 20_000 });
  // Stopping sends what waits.
  await agent.stop();

  const [probe, ...phases] = collector.spans;
  expect(told).toEqual([`00-${traceIdOf(job.round)}-${probe?.spanId}-01`]);
  expect(probe).toMatchObject({
    name: 'probe',
    traceId: traceIdOf(job.round),
    parentSpanId: jobSpanId(job.round, job.region),
    attributes: { 'trustmonitor.vote': 'up', 'http.response.status_code': 200 },
    resource: { 'service.name': 'trustmonitor-agent', 'service.instance.id': 'eu-1' },
  });
  expect(phases.map(({ name }) => name)).toEqual(['resolve', 'connect', 'processing', 'transfer']);
  expect(phases.every(({ parentSpanId }) => parentSpanId === probe?.spanId)).toBe(true);
});

test('every attempt is told of, and the last one says how it ended', () => {
  const [first, last] = [aFailure({ final: false }), aFailure({ attempt: 2 })];
  const job = { round: last.round, monitor: 'shop', region: 'eu' };
  const [probe, ...phases] = spansOfProbe(job, 'ab'.repeat(8), [first, last]);
  expect(probe).toMatchObject({
    error: 'connect_refused: refused',
    attributes: { 'trustmonitor.attempts': 2, 'error.type': 'connect_refused' },
    events: [{ name: 'attempt failed' }],
  });
  expect(new Set(phases.map(({ spanId }) => spanId)).size).toBe(6);
  const [connect, processing] = phases;
  expect(processing?.startMs).toBe(connect?.endMs);
  expect(spansOfProbe(job, 'ab'.repeat(8), [])).toEqual([]);
  // Of a check that is run once no coordinator has a span.
  const oneOff = { ...job, monitor: ONE_OFF };
  expect(spansOfProbe(oneOff, 'ab'.repeat(8), [last])[0]?.parentSpanId).toBeNull();
});
