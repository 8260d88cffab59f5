/** Objectives from the command line: what is promised, what is left, and what spent it. */
import type { SliStatus, SloDetail } from '@trustmonitor/protocol';
import { expect, test } from 'vitest';
import { EXIT } from '../src/exit.ts';
import { fakeApi } from './fake-api.ts';
import { tm } from './harness.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

const availability: SliStatus = {
  ...{ sli: 'availability', target: 99.5, ratio: 0.9976, answers: null },
  ...{ from: '2026-01-01T00:00:00.000Z', to: '2026-01-31T12:00:00.000Z' },
  ...{ measuredMs: 700 * HOUR, unknownMs: 20.5 * HOUR },
  budget: {
    ...{ totalMs: 216 * MINUTE, spentMs: 151.2 * MINUTE, leftMs: 64.8 * MINUTE },
    leftRatio: 0.3,
  },
  burn: [
    {
      pair: '14.4x',
      longMs: HOUR,
      shortMs: 5 * MINUTE,
      longRate: 16,
      shortRate: 200,
      firing: true,
    },
    {
      pair: '1x',
      longMs: 72 * HOUR,
      shortMs: 6 * HOUR,
      longRate: 0,
      shortRate: null,
      firing: false,
    },
  ],
  alert: {
    ...{ state: 'burning', pair: '14.4x', severity: 'critical' },
    since: '2026-01-31T11:50:00.000Z',
  },
};

const slo: SloDetail = {
  ...{ id: 'monitor:checkout', name: 'Checkout', monitor: 'checkout', selector: null },
  level: {
    ...{ target: 99.5, windowMs: 720 * HOUR, degraded: 'good', partial: 'good' },
    latency: { thresholdMs: 500, target: 99 },
  },
  ...{ alerts: null, owner: 'acme/shop', monitors: 1 },
  indicators: [
    availability,
    {
      ...availability,
      ...{ sli: 'latency', target: 99, ratio: 0.98765, answers: { all: 81_000, slow: 1_000 } },
      budget: { totalMs: MINUTE, spentMs: 2 * MINUTE, leftMs: -MINUTE, leftRatio: -1 },
      alert: { state: 'quiet', pair: null, severity: null, since: null },
    },
  ],
  spending: {
    incidents: [
      {
        ...{ incident: '01980f5e-2b7c-7d3a-9c41-5f0e8a6b2d17', monitor: 'checkout' },
        ...{ reason: 'connection refused', from: '2026-01-30T12:00:00.000Z' },
        ...{ resolvedAt: null, spentMs: 150 * MINUTE, spentRatio: 0.694 },
      },
    ],
    besideMs: 1.2 * MINUTE,
  },
};

test('objectives are listed and shown with what is left of their budgets', async () => {
  const { spending, ...listed } = slo;
  expect(spending.incidents).toHaveLength(1);
  const { url, asked } = await fakeApi(({ url: path }) => ({
    body: path.startsWith('/v1/slos?') ? { data: [listed], nextCursor: null } : slo,
  }));
  const env = { TM_URL: url, TM_TOKEN: 't' };
  const list = await tm(['slos', 'list', '--monitor', 'checkout'], { env });
  expect(list).toMatchObject({ code: EXIT.ok, stderr: '' });
  expect(list.stdout).toBe(
    [
      'OBJECTIVE         SLI           TARGET  WINDOW  MEASURED   BUDGET             LEFT  ALERT',
      'monitor:checkout  availability  99.5 %     30d  99.760 %  216 min  64.8 min (30 %)  burns at 14.4x',
      'monitor:checkout  latency         99 %     30d  98.765 %    1 min  -1 min (-100 %)  quiet',
      '',
    ].join('\n'),
  );
  const { stdout } = await tm(['slos', 'show', 'monitor:checkout'], { env });
  for (const part of [
    'Promised       99.5 % of the time',
    'Promised       99 % of answers within 500ms',
    'Measured       98.765 % since 2026-01-01 00:00:00Z, 1000 of 81000 answers slow',
    'Measured over  700.0 h; 20.5 h unknown, which count for nothing',
    'Budget         64.8 min left of 216 min, 151.2 min spent',
    '14.4x        16.0x in 1h  200.0x in 5m  firing',
    '1x           0.0x in 3d   - in 6h',
    '150 min     69.4 %  connection refused',
    'In no incident: 1.2 min, never confirmed.',
  ]) {
    expect(stdout).toContain(part);
  }
  expect(asked.map(({ url: path }) => path)).toEqual([
    '/v1/slos?monitor=checkout&limit=200',
    '/v1/slos/monitor%3Acheckout',
  ]);
});
