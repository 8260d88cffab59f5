/** The log held to its word: audited, tampered with behind the coordinator's back, rolled back. */
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import type { StatusPageFiles } from '@trustmonitor/protocol';
import { afterAll, describe, expect, test } from 'vitest';
import { Sql } from '../../packages/coordinator/test/support/database.ts';
import { showLogsOnFailure, startNetwork } from '../support/network.ts';
import { startTarget } from '../support/target.ts';
import { until } from '../support/until.ts';

const REGIONS = ['ap-south', 'eu-west', 'us-east'];
const CLI = resolve(import.meta.dirname, '../../packages/cli/dist/main.js');
const run = promisify(execFile);

const network = await startNetwork({
  members: REGIONS.map((region) => ({ region, group: `provider-${region}` })),
});
const { api } = network;
const sql = new Sql(network.databaseUrl);
const scratch = await mkdtemp(join(tmpdir(), 'tm-e2e-log-'));
const target = await startTarget();
afterAll(async () => {
  await sql.close();
  await target.close();
  await rm(scratch, { recursive: true });
});

interface Audit {
  readonly passed: boolean;
  readonly size: number;
  readonly checks: readonly {
    readonly code: string;
    readonly ok: boolean;
    readonly detail: string;
  }[];
}

interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

const trustmonitor = (...args: string[]): Promise<Ran> => tm(...args, '--root', network.rootFile);

const tm = (...args: string[]): Promise<Ran> =>
  run(process.execPath, [CLI, ...args, '--url', api.url], {
    env: { PATH: process.env['PATH'], TM_DATA_DIR: scratch },
  }).then(
    (ran) => ({ code: 0, ...ran }),
    (error: unknown) => error as Ran,
  );

const audit = (...flags: string[]): Promise<Ran> =>
  trustmonitor('log', 'audit', '--token-file', network.adminTokenFile, ...flags);

async function auditReport(): Promise<Audit & { code: number; failed: string[]; told: string }> {
  const { code, stdout, stderr } = await audit('--json');
  if (stdout === '') throw new Error(stderr);
  const report = JSON.parse(stdout) as Audit;
  const failed = report.checks.filter(({ ok }) => !ok);
  return {
    ...report,
    code,
    failed: failed.map((check) => check.code),
    told: failed.map((check) => `${check.code}: ${check.detail}`).join('\n'),
  };
}

async function checkpoint(): Promise<string> {
  const response = await fetch(`${api.url}/log/checkpoint`);
  return response.text();
}

async function saved(name: string, text: string): Promise<string> {
  const path = join(scratch, name);
  await writeFile(path, text);
  return path;
}

/** What the log is made of, and what a copy of it is called. */
const TABLES = ['log_state', 'log_entry', 'log_tile', 'checkpoint'];

/** All tables as they are at one moment, while the log grows. */
async function keepCopy(prefix: string): Promise<void> {
  const statements = TABLES.map((table) => `create table ${prefix}_${table} as table ${table};`);
  await sql.rows(`begin isolation level repeatable read; ${statements.join(' ')} commit;`);
}

/** Back to the copy in one transaction. */
async function restore(prefix: string): Promise<void> {
  const statements = TABLES.map(
    (table) => `delete from ${table}; insert into ${table} select * from ${prefix}_${table};`,
  );
  await sql.rows(`begin; ${statements.join(' ')} commit;`);
}

const openIncident = (monitor: string) =>
  until(`an open incident of ${monitor}`, async () =>
    (await api.incidents(monitor)).data.find(({ state }) => state === 'open'),
  );

async function monitorTarget(id: string): Promise<void> {
  const input = {
    id,
    name: id,
    url: target.url,
    interval: '1s',
    timeout: '1s',
    confirm: { rounds: 2, after: '1s' },
    labels: { service: id },
  };
  expect((await api.call('POST', '/v1/monitors', input)).status).toBe(201);
}

const askGate = (): Promise<Ran> =>
  tm('gate', '--service', 'shop', '--token-file', network.adminTokenFile);

/** An early checkpoint, then an incident with its end, then quiet. */
const earlyFile = await (async () => {
  await monitorTarget('shop');
  await until('the monitor to be up', async () =>
    (await api.monitor('shop')).verdict === 'up' ? true : null,
  );
  const note = await until('a checkpoint', async () => {
    const text = await checkpoint();
    return text.startsWith('trustmonitor/') ? text : null;
  });
  await keepCopy('early');
  target.fail('all');
  const { id } = await openIncident('shop');
  expect((await askGate()).code).toBe(1);
  await api.evidence(id);
  target.fail([]);
  await until('the incident to be resolved', async () =>
    (await api.incidents('shop')).data.find(({ state }) => state === 'resolved'),
  );
  await api.evidence(id);
  await until('the gate to open', async () => ((await askGate()).code === 0 ? true : null));
  return saved('early', note);
})();

describe('an honest log', () => {
  test('passes its audit while it grows', async () => {
    showLogsOnFailure(network, REGIONS);
    const { code, stdout } = await audit();
    expect(stdout).toMatch(/^ok {4}keyring\.chain +e2e: version 1 from the pinned root$/m);
    expect(stdout).toMatch(/^ok {4}witness\.policy +cosigned by \S+-1, \S+-1/m);
    expect(stdout).toMatch(/^ok {4}batch\.chain +\d+ batches of 3 agents$/m);
    expect(stdout).toMatch(/^ok {4}incident\.chain +2 records of 1 incidents$/m);
    expect(stdout).toMatch(/^PASSED: trustmonitor\/e2e\/log, all \d+ leaves$/m);
    expect(code).toBe(0);
  });

  test('holds an uptime report, which verifies, and which the audit holds to be complete', async () => {
    const from = new Date(Date.now() - 600_000).toISOString();
    const period = `from=${from}&to=${new Date().toISOString()}`;
    const file = await until('the report to be settled and cosigned', async () => {
      const { status, body } = await api.call('GET', `/v1/monitors/shop/report?${period}`);
      return status === 200 ? saved('report', JSON.stringify(body)) : null;
    });
    const args = [CLI, 'verify', file, '--root', network.rootFile];
    const { stdout } = await run(process.execPath, args);
    expect(stdout).toMatch(/^Down +\S+ in 1 incident$/m);
    const { code, stdout: audited } = await audit();
    expect(audited).toMatch(/^ok {4}report\.complete +1 report, each/m);
    expect(code).toBe(0);
  });

  test('holds each decision of the gate, with the incidents that were open, and they verify', async () => {
    const { stdout } = await audit();
    expect(stdout).toMatch(/^ok {4}decision\.complete +\d+ decisions, each with all/m);
    const flags = ['--service', 'shop', '--verify', '--token-file', network.adminTokenFile];
    const document = await trustmonitor('audit', ...flags);
    expect(document.stdout).toMatch(/^\d+ decisions: 1 allowed, 1 refused, \d+ indeterminate\./m);
    expect(document.stdout).toMatch(/ Signatures: \d+ verified, 0 not\.$/m);
    expect(document.stdout).toContain('- incidents.open: 1 incident open, 0 allowed: shop (down)');
    expect(document.code).toBe(0);
  });

  test('is consistent with what it said earlier, by its own tiles', async () => {
    const now = await saved('now', await checkpoint());
    const ran = await trustmonitor('log', 'compare', earlyFile, now);
    expect(ran).toMatchObject({ code: 0, stdout: 'consistent\n' });
  });
});

test('the coordinator serves the page that verifies', async () => {
  const response = await fetch(`${api.url}/verify`);
  expect([response.status, response.headers.get('content-type')]).toEqual([
    200,
    'text/html; charset=utf-8',
  ]);
  expect(await response.text()).toContain("default-src 'none'; script-src 'sha256-");
});

describe('a log that was tampered with', () => {
  const flip = (column: string, at: number) =>
    `${column} = set_byte(${column}, ${at}, get_byte(${column}, ${at}) # 1)`;

  const CASES: readonly [string, string, readonly string[], RegExp][] = [
    [
      'a leaf is changed',
      `update log_entry set ${flip('body', 150)} where idx = 2`,
      ['log.root', 'log.tiles'],
      /log\.tiles: hash 2 of tile\/0\/000\.p\/\d+ is not what the leaves make/,
    ],
    [
      'an entry is dropped',
      // With the leaves that no witness has cosigned yet: none moves up into its place.
      `delete from log_entry where idx = 3 or idx >=
         (select max(size) from checkpoint where cosigned is not null)`,
      ['log.entries'],
      /tile\/entries\/000\.p\/\d+ (is not served|has)/,
    ],
    [
      'a batch is dropped, and another stands in its place',
      `update log_entry a set body = b.body from log_entry b where a.idx = 3 and b.idx = 4`,
      ['log.root', 'log.tiles', 'batch.chain'],
      /batch\.chain: leaf 4: a second batch \d+ of \S+-1 \(a fork\)/,
    ],
    [
      'a tile is changed',
      `update log_tile set ${flip('hashes', 5 * 32 + 7)} where level = 0 and idx = 0`,
      ['log.tiles'],
      /hash 5 of tile\/0\/000/,
    ],
    [
      'a tile is lost',
      'delete from log_tile where level = 0 and idx = 0',
      ['log.tiles'],
      /tile\/0\/000\.p\/\d+ is not served/,
    ],
    [
      'the root is rewritten',
      `update checkpoint set cosigned = regexp_replace(cosigned, E'^([^\\n]*\\n[^\\n]*\\n)[^\\n]{4}', E'\\\\1AAAA')`,
      ['log.signature', 'log.root'],
      /signature by the log trustmonitor\/e2e\/log does not verify/,
    ],
    [
      'the witnesses are taken off',
      'update checkpoint set cosigned = note where cosigned is not null',
      ['witness.policy'],
      /cosigned by nobody/,
    ],
  ];

  test('is quiet first, and sound', async () => {
    for (const region of REGIONS) await network.agent(region).end('SIGTERM');
    await keepCopy('quiet');
    expect((await auditReport()).told).toBe('');
  });

  test.each(CASES)('is found out when %s', async (_what, statement, codes, told) => {
    showLogsOnFailure(network, REGIONS);
    await sql.rows(statement);
    try {
      const report = await auditReport();
      expect([report.passed, report.code]).toEqual([false, 1]);
      expect(report.failed).toEqual(expect.arrayContaining([...codes]));
      expect(report.told).toMatch(told);
    } finally {
      await restore('quiet');
    }
  });

  test.each([
    ['a record', `update record set envelope = jsonb_set(envelope, '{payload}', '"e30="')`],
    [
      'a batch',
      `update batch set envelope = jsonb_set(envelope::jsonb, '{payload}', '"e30="')::text`,
    ],
  ])('is found out when the document of %s is changed', async (_what, statement) => {
    const table = statement.split(' ')[1] ?? '';
    await sql.rows(`create table kept_${table} as table ${table}`);
    await sql.rows(`${statement} where digest in (select digest from ${table} limit 1)`);
    const { failed, told } = await auditReport();
    expect(failed).toContain('log.documents');
    expect(told).toMatch(/log\.documents: leaf \d+: its document has the digest 44136fa355b3678a/);
    await sql.rows(
      `update ${table} t set envelope = k.envelope from kept_${table} k where k.digest = t.digest`,
    );
    expect((await auditReport()).told).toBe('');
  });
});

describe('a log that is rolled back', () => {
  test('gets no more cosignatures: evidence stays pending, and the coordinator says why', async () => {
    await network.coordinator.end('SIGTERM');
    const before = await checkpointIn('quiet');
    await restore('early');
    await network.startCoordinator();
    showLogsOnFailure(network, REGIONS);
    for (const region of REGIONS) network.startAgent(region);
    await monitorTarget('bank');
    await until('the monitor to be up', async () =>
      (await api.monitor('bank')).verdict === 'up' ? true : null,
    );
    target.fail('all');
    const { id } = await openIncident('bank');
    await until('the alarm', () =>
      network.coordinator.log.includes('a witness refuses to cosign') ? true : null,
    );
    const answer = await api.call('GET', `/v1/incidents/${id}/evidence`);
    expect([answer.status, answer.body.code]).toEqual([409, 'evidence.pending']);
    expect(await checkpoint()).toBe(await checkpointIn('early'));

    // What the public reads does not wait for it.
    const page = { id: 'all', title: 'All', groups: [{ name: 'All', select: {} }], evidence: true };
    expect((await api.call('PUT', '/v1/status-pages/all', page)).status).toBe(200);
    const exported = await api.call<StatusPageFiles>(
      'GET',
      '/v1/status-pages/all/files?base=https://status.example/',
    );
    expect(exported.status).toBe(200);
    const { text } = exported.body.files.find(({ path }) => path === `incidents/${id}.html`) ?? {};
    expect(text).toContain('The proof follows');
    expect(exported.body.files.map(({ path }) => path)).not.toContain(`evidence/${id}.json`);

    // What was served before is not what is served now, and nobody can make the two fit.
    const was = await saved('was', before);
    const head = await sql.rows<{ note: string }>(
      'select note from checkpoint order by size desc limit 1',
    );
    const now = await saved('signed-now', head[0]?.note ?? '');
    expect([1, 6]).toContain((await trustmonitor('log', 'compare', was, now)).code);
  });
});

async function checkpointIn(prefix: string): Promise<string> {
  const rows = await sql.rows<{ cosigned: string }>(
    `select cosigned from ${prefix}_checkpoint where cosigned is not null order by size desc limit 1`,
  );
  return rows[0]?.cosigned ?? '';
}
