/** A round as a trace: what a collector is sent of it, and that its ids are those of the record. */
import { traceIdOf } from '@trustmonitor/protocol';
import { startOtlpCollector } from '@trustmonitor/testkit/targets';
import { jobSpanId, roundSpanId, tracesUrlOf } from '@trustmonitor/tracing';
import { expect, onTestFinished, test } from 'vitest';
import { testNetwork } from './support/network.ts';

const network = await testNetwork();

test('a round is one trace: its jobs, its decision, and the incident that it opened', async () => {
  network.showLogsOnFailure();
  const collector = await startOtlpCollector();
  onTestFinished(() => collector.close());
  await network.start({ tracesUrl: tracesUrlOf(collector.url) });
  const { api } = network;
  network.vote('traced', { eu: 'down', us: 'down' });
  await api.create('traced');
  const incident = await api.incidentOf('traced', 'open');
  // Stopping sends what waits.
  await network.stop();

  const { spans } = collector;
  const decided = spans.find(({ events }) => events.some(({ name }) => name === 'incident open'));
  const round = incident.id;
  expect(decided).toMatchObject({ name: 'decide', traceId: traceIdOf(round) });
  const trace = spans.filter(({ traceId }) => traceId === traceIdOf(round));
  const root = trace.find(({ parentSpanId }) => (parentSpanId ?? '') === '');
  expect(root).toMatchObject({
    name: 'round',
    spanId: roundSpanId(round),
    attributes: { 'trustmonitor.monitor': 'traced', 'trustmonitor.verdict': 'down' },
    resource: { 'service.name': 'trustmonitor-coordinator' },
  });
  const rest = trace.filter((span) => span !== root);
  expect(rest.every(({ parentSpanId }) => parentSpanId === roundSpanId(round))).toBe(true);
  const jobs = rest.filter(({ name }) => name === 'job');
  expect(jobs.map(({ spanId }) => spanId).toSorted()).toEqual(
    ['ap', 'eu', 'us'].map((region) => jobSpanId(round, region)).toSorted(),
  );
  const votes = jobs.map(({ attributes }) => attributes['trustmonitor.vote']);
  expect(votes.toSorted()).toEqual(['down', 'down', 'none']);
  for (const { startTimeUnixNano: start, endTimeUnixNano: end } of rest) {
    expect(BigInt(root!.startTimeUnixNano) <= BigInt(start)).toBe(true);
    expect(BigInt(start) <= BigInt(end) && BigInt(end) <= BigInt(root!.endTimeUnixNano)).toBe(true);
  }
});

test('a collector that is away changes nothing for the rounds', async () => {
  await network.start({ tracesUrl: 'http://127.0.0.1:1/v1/traces' });
  network.voteAll('untraced', 'up');
  await network.api.create('untraced');
  await network.api.verdict('untraced', 'up');
});
