/** Maintenance from the command line, and in monitors files. */
import { expect, test } from 'vitest';
import { EXIT } from '../src/exit.ts';
import { loadMonitors } from '../src/monitors-file/load.ts';
import { fakeApi } from './fake-api.ts';
import { tm } from './harness.ts';
import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const WINDOW = {
  ...{ id: 'db', selector: { groups: ['shop'] }, reason: 'upgrade', uptime: 'excluded' },
  schedule: { type: 'once', from: '2026-12-01T01:00:00.000Z', until: '2026-12-01T03:00:00.000Z' },
  ...{ owner: null, state: 'planned', occurrences: [], nextAt: '2026-12-01T01:00:00.000Z' },
  createdAt: '2026-01-31T12:00:00.000Z',
};

test('windows are listed, added, ended and removed', async () => {
  const { url, asked } = await fakeApi(({ method, url: path }) => {
    if (method === 'GET') return { body: { data: [WINDOW], nextCursor: null } };
    return { body: method === 'DELETE' ? null : { ...WINDOW, state: 'over' }, path };
  });
  const env = { TM_URL: url, TM_TOKEN: 't' };
  const listed = await tm(['maintenance'], { env });
  expect(listed.stdout).toContain('db      planned  2026-12-01 01:00:00Z');
  const add = ['maintenance', 'add', 'db', '--reason', 'upgrade', '--label', 'team=shop'];
  const once = await tm([...add, '--from', '2026-12-01T01:00:00Z', '--for', '2h'], { env });
  expect(once.code).toBe(EXIT.ok);
  const cron = ['--cron', '0 3 * * 0', '--for', '1h', '--timezone', 'Europe/Berlin', '--counted'];
  expect((await tm([...add, ...cron], { env })).code).toBe(EXIT.ok);
  expect((await tm(['maintenance', 'end', 'db'], { env })).stderr).toContain('db has ended');
  expect((await tm(['maintenance', 'end', 'db', '--remove'], { env })).code).toBe(EXIT.ok);
  expect(asked.map(({ method, url: path }) => `${method} ${path.split('?')[0]}`)).toEqual([
    'GET /v1/maintenance',
    'POST /v1/maintenance',
    'POST /v1/maintenance',
    'POST /v1/maintenance/db/end',
    'DELETE /v1/maintenance/db',
  ]);
  const about = { id: 'db', selector: { labels: { team: 'shop' } }, reason: 'upgrade' };
  expect(asked.slice(1, 3).map(({ body }) => body)).toEqual([
    { ...about, from: '2026-12-01T01:00:00Z', until: '2026-12-01T03:00:00.000Z' },
    {
      ...about,
      ...{ cron: '0 3 * * 0', duration: '1h', timezone: 'Europe/Berlin', uptime: 'counted' },
    },
  ]);
});

test.each([
  ['about nobody', ['--for', '1h'], '--monitor must say whom it is about'],
  ['without an end', ['--all'], '--until must say when it ends'],
  ['with a label of no name', ['--label', 'shop', '--for', '1h'], '--label must say'],
  ['for no time', ['--all', '--for', '1s'], 'shorter than a minute'],
])('a window %s is refused', async (_, args, why) => {
  const refused = await tm(['maintenance', 'add', 'db', '--reason', 'x', ...args], {
    env: { TM_URL: 'http://127.0.0.1:1', TM_TOKEN: 't' },
  });
  expect([refused.code, refused.stderr]).toEqual([EXIT.usage, expect.stringContaining(why)]);
});

async function load(text: string) {
  const file = join(await mkdtemp(join(tmpdir(), 'tm-maintenance-')), 'm.yaml');
  await writeFile(file, `apiVersion: trustmonitor/v1\n${text}`);
  return loadMonitors(file, {});
}

test('a file has windows at the top, and inside of its monitors', async () => {
  const result = await load(`
maintenance:
  - id: db
    selector: { groups: [shop] }
    from: "2026-12-01T01:00:00Z"
    until: "2026-12-01T03:00:00+01:00"
    reason: upgrade
monitors:
  - name: Check Out
    url: https://shop.example/
    maintenance:
      - { cron: "0 3 * * 0", duration: 1h, timezone: UTC, reason: restart }
`);
  if (!result.ok) throw new Error(JSON.stringify(result.faults));
  const { monitors, maintenance } = result.loaded.body;
  expect(monitors).toEqual([{ name: 'Check Out', url: 'https://shop.example/' }]);
  expect(maintenance).toMatchObject([
    { id: 'db', selector: { groups: ['shop'] } },
    { id: 'check-out-m1', selector: { monitors: ['check-out'] }, cron: '0 3 * * 0' },
  ]);
});

test('faults are said at their lines', async () => {
  const result = await load(`maintenance:
  - id: db
    selector: {}
    from: "2026-12-01T01:00:00Z"
    until: "2026-12-01T00:00:00Z"
    reason: upgrade
monitors:
  - name: A
    url: https://a.example/
    maintenance:
      - { cron: "0 3 * * 0", duration: soon, timezone: UTC, reason: restart }
`);
  const faults = result.ok ? [] : result.faults;
  expect(faults.map(({ line, field, what }) => `${line} ${field}: ${what}`)).toEqual([
    expect.stringMatching(/^6 maintenance\[0\]\.until: .*is not after from/),
    expect.stringMatching(/^12 monitors\[0\]\.maintenance\[0\]\.duration: .*is not a duration/),
  ]);
});
