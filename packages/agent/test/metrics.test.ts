/** The agent's metrics over HTTP, and the trace id in its log. */
import { traceIdOf } from '@trustmonitor/protocol';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { httpCheck, startNetwork, type LogLine, type TestNetwork } from './kit/network.ts';
import { startTarget, type Target } from './kit/target.ts';

let network: TestNetwork;
let target: Target;

beforeAll(async () => {
  network = await startNetwork();
  target = await startTarget();
});
afterAll(async () => {
  await network.stop();
  await target.stop();
});

test('probes are counted by class, names of monitors are not told, and the trace is logged', async () => {
  const lines: LogLine[] = [];
  const agent = await network.enrolAgent('eu-1', { TM_METRICS_ADDR: '127.0.0.1:0' });
  await agent.start(lines);
  const url = String(lines.find(({ msg }) => msg === 'metrics are shown')?.['url']);
  const read = async () => (await fetch(`${url}/metrics`)).text();
  const job = network.job(httpCheck(target.url), { monitor: 'hidden-name' });
  network.coordinator.send(job);
  await vi.waitFor(
    async () =>
      expect(await read()).toContain(
        'trustmonitor_agent_probes_total{outcome="up",class="none"} 1',
      ),
    { timeout: 20_000 },
  );
  await vi.waitFor(
    async () => expect(await read()).toMatch(/^trustmonitor_agent_spool_batches 0$/m),
    {
      timeout: 20_000,
    },
  );
  const text = await read();
  expect(text).toMatch(/^trustmonitor_agent_receipt_lag_seconds 0$/m);
  expect(text).toMatch(/^trustmonitor_agent_jobs_queued 0$/m);
  expect(text).not.toMatch(/^trustmonitor_agent_witness_size /m);
  expect(text).not.toContain('hidden-name');
  expect((await fetch(`${url}/`)).status).toBe(404);
  expect(lines).toContainEqual(
    expect.objectContaining({ msg: 'probed', round: job.round, traceId: traceIdOf(job.round) }),
  );
});
