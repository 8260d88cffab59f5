/** Deployments and their metrics from the command line. */
import { expect, test } from 'vitest';
import { EXIT } from '../src/exit.ts';
import { fakeApi } from './fake-api.ts';
import { tm } from './harness.ts';

const ID = '01980f5e-2b7c-7d3a-9c41-5f0e8a6b2d17';
const DEPLOYMENT = {
  ...{ id: ID, service: 'checkout', version: 'v2', outcome: 'rolled_back', createdBy: 'ci' },
  ...{ committedAt: '2026-01-31T09:00:00.000Z', deployedAt: '2026-01-31T12:00:00.000Z' },
  createdAt: '2026-01-31T12:00:01.000Z',
};
const measure = (unit: string, value: number | null, n: number) => ({
  ...{ value, unit, n, definition: `what ${unit} is` },
  reason: value === null ? 'nothing is known' : null,
});
const DORA = {
  ...{ service: 'checkout', from: '2026-01-01T00:00:00.000Z', to: '2026-01-31T00:00:00.000Z' },
  ...{ windowMs: 3_600_000, monitors: ['shop'] },
  deploymentFrequency: measure('per_day', 1.25, 37),
  leadTime: measure('ms', 95_400_000, 30),
  changeFailureRate: measure('ratio', 0.0541, 37),
  failedDeploymentRecovery: measure('ms', 42_000, 2),
  timeToRestore: measure('ms', null, 0),
  failures: [
    {
      deployment: ID,
      version: 'v2',
      deployedAt: DEPLOYMENT.deployedAt,
      outcome: 'rolled_back',
      incident: ID,
    },
  ],
};

test('deployments are told, listed and counted', async () => {
  const { url, asked } = await fakeApi(({ method, url: path }) => {
    if (method === 'POST') return { status: 201, body: DEPLOYMENT };
    if (path.startsWith('/v1/dora')) return { body: DORA };
    return { body: { data: [DEPLOYMENT], nextCursor: null } };
  });
  const env = { TM_URL: url, TM_TOKEN: 't' };
  const added = await tm(
    [
      'deployments',
      'add',
      '-s',
      'checkout',
      '--release',
      'v2',
      '--committed',
      '2026-01-31T10:00:00+01:00',
      '--outcome',
      'rolled_back',
    ],
    { env },
  );
  expect(added).toMatchObject({ code: EXIT.ok, stdout: 'checkout v2 rolled back.\n' });
  const listed = await tm(['deployments', '-s', 'checkout', '--from', '2026-01-01'], { env });
  expect(listed.stdout.split('\n')[1]).toMatch(
    /^2026-01-31 12:00:00Z {2}checkout {2}v2 +rolled back +3h$/,
  );
  const dora = await tm(['dora', '-s', 'checkout', '--window', '2h'], { env });
  expect(dora.stdout).toMatch(/Deployment frequency +1\.25 a day +37 {2}what per_day is/);
  expect(dora.stdout).toMatch(/Lead time for changes +1d 2h +30/);
  expect(dora.stdout).toMatch(/Change failure rate +5\.4 % +37/);
  expect(dora.stdout).toMatch(/recovery +42s +2/);
  expect(dora.stdout).toMatch(/restore service +- +0 {2}nothing is known/);
  expect(dora.stdout).toContain(`rolled back, followed by incident ${ID}`);
  expect(asked.map(({ method, url: path }) => `${method} ${path}`)).toEqual([
    'POST /v1/deployments',
    'GET /v1/deployments?service=checkout&from=2026-01-01T00%3A00%3A00.000Z&limit=20',
    'GET /v1/dora?service=checkout&window=2h',
  ]);
  expect(asked[0]?.body).toEqual({
    ...{ service: 'checkout', version: 'v2', outcome: 'rolled_back' },
    committedAt: '2026-01-31T10:00:00+01:00',
  });
});
