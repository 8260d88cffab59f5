/** Heartbeat monitors: a job that reports in over HTTP, from its ping to the evidence. */
import type { IncidentResource, MonitorResource } from '@trustmonitor/protocol';
import { afterAll, afterEach, beforeEach, describe, expect, test } from 'vitest';
import { hashToken, newToken } from '../src/api/token.ts';
import { THREE, testNetwork } from './support/network.ts';
import { startPostgresProxy, type PostgresProxy } from './support/postgres-proxy.ts';
import { until } from './support/until.ts';
import { expectVerified } from './support/verify.ts';

let proxy!: PostgresProxy;
const network = await testNetwork(THREE, {
  databaseUrl: async (url) => {
    proxy = await startPostgresProxy(url);
    return proxy.url;
  },
});
afterAll(async () => {
  await network.close();
  await proxy.close();
});
await network.start();
const { sql } = network;
beforeEach(() => network.showLogsOnFailure());
afterEach(() => proxy.mend());

/** Silence is noticed after two seconds, and confirmed at once. */
const QUICK = {
  type: 'heartbeat',
  interval: '1s',
  confirm: { rounds: 2, after: '0s' },
  heartbeat: { period: '1s', grace: '1s' },
};
/** For a job that is to be in time on a busy machine too. */
const PATIENT = { period: '1s', grace: '3s' };
/** Nothing but a report changes anything while the test runs. */
const DAILY = { ...QUICK, interval: '1h', heartbeat: { period: '1d' } };

async function write(id: string, settings: Record<string, unknown>): Promise<MonitorResource> {
  const body = { name: id, ...settings };
  const answer = await network.api.call<MonitorResource>('PUT', `/v1/monitors/${id}`, { body });
  expect(answer.status, answer.text).toBe(200);
  return answer.body;
}

/** The public address leads to a proxy; behind it is the coordinator that runs now. */
const pathOf = ({ pingUrl }: MonitorResource): string => new URL(pingUrl ?? '').pathname;

async function ping(path: string, init: RequestInit = {}): Promise<number> {
  const { status } = await fetch(network.api.url + path, init);
  return status;
}

async function dueAt(id: string): Promise<number> {
  const [row] = await sql.rows<{ due_at: Date }>(
    'select due_at from heartbeat where monitor = $1',
    [id],
  );
  return row!.due_at.getTime();
}

/** Waits for as many more rounds, and returns what they said. */
async function nextVerdicts(id: string, count: number): Promise<string[]> {
  const seen = (await network.api.rounds(id)).data.length;
  const rounds = await until(`${count} rounds of ${id}`, async () => {
    const { data } = await network.api.rounds(id);
    return data.length >= seen + count ? data : null;
  });
  return rounds.slice(0, rounds.length - seen).map(({ verdict }) => verdict);
}

async function failureOf({
  monitor,
}: IncidentResource): Promise<{ class: string; detail: string }> {
  const { data } = await network.api.rounds(monitor);
  const down = data.find(({ verdict }) => verdict === 'down');
  const { results } = await network.api.round(down!.id);
  return results[0]!.result.failure!;
}

describe('a job', () => {
  test('that reports in time stays up', async () => {
    const path = pathOf(await write('punctual', { ...QUICK, heartbeat: PATIENT }));
    for (const method of ['GET', 'POST', 'HEAD']) {
      const before = await dueAt('punctual');
      expect(await ping(path, { method })).toBe(200);
      expect(await dueAt('punctual')).toBeGreaterThan(before);
    }
    const due = await dueAt('punctual');
    const keepPinging = setInterval(() => void ping(path), 200);
    await until('a round after it was due', async () => {
      const [newest] = (await network.api.rounds('punctual')).data;
      return newest !== undefined && Date.parse(newest.openedAt) > due;
    }).finally(() => clearInterval(keepPinging));
    const { data } = await network.api.rounds('punctual');
    expect(new Set(data.map(({ verdict }) => verdict))).toEqual(new Set(['up']));
    expect((await network.api.incidents('punctual')).data).toEqual([]);
  });

  test('that falls silent is down, with evidence, until it reports again', async () => {
    const path = pathOf(await write('silent', QUICK));
    expect(await ping(path)).toBe(200);
    const incident = await network.api.incidentOf('silent', 'open');
    expect(await failureOf(incident)).toMatchObject({
      class: 'heartbeat_missed',
      detail: expect.stringMatching(
        /^last ok ping at 20.*expected every 1s, with 1s of grace: it was due by 20/,
      ),
    });
    await expectVerified(network, incident.id);
    const keepPinging = setInterval(() => void ping(path), 200);
    await network.api.incidentOf('silent', 'resolved').finally(() => clearInterval(keepPinging));
    await expectVerified(network, incident.id);
  });

  test('that says it failed is down at once, with its words, until it says ok', async () => {
    const path = pathOf(await write('failing', DAILY));
    await network.api.verdict('failing', 'up');
    expect(await ping(`${path}/start`)).toBe(200);
    const body = 'disk full:\u001b[31m no space\r\nleft\0';
    expect(await ping(`${path}/fail`, { method: 'POST', body })).toBe(200);
    const incident = await network.api.incidentOf('failing', 'open');
    const failure = await failureOf(incident);
    expect(failure.class).toBe('heartbeat_failed');
    expect(failure.detail).toContain('"disk full: [31m no space left"');
    expect(incident).toMatchObject({ regionsDown: ['push'], regions: ['push'] });
    await expectVerified(network, incident.id);
    expect(await ping(path)).toBe(200);
    expect((await network.api.incidentOf('failing', 'resolved')).id).toBe(incident.id);
    await expectVerified(network, incident.id);
  });

  test('may send any body of any length', async () => {
    const path = pathOf(await write('wordy', DAILY));
    const body = 'é'.repeat(300_000);
    for (const type of ['application/json', 'image/png', '']) {
      const headers = type === '' ? {} : { 'content-type': type };
      expect(await ping(`${path}/fail`, { method: 'POST', body, headers })).toBe(200);
    }
    const [row] = await sql.rows<{ message: string }>(
      "select message from heartbeat where monitor = 'wordy'",
    );
    expect(row!.message).toHaveLength(200);
  });
});

describe('an address', () => {
  test('is known only from the monitor, and to those who may write', async () => {
    const shown = await write('addressed', DAILY);
    expect(shown.pingUrl).toMatch(/^https:\/\/tm\.example\/ping\/addressed\/[\w-]{32}$/);
    expect((await network.api.monitor('addressed')).pingUrl).toBe(shown.pingUrl);
    await network.api.create('probed');
    expect((await network.api.monitor('probed')).pingUrl).toBeNull();
    const other = pathOf(await write('other', DAILY))
      .split('/')
      .at(-1);
    const right = pathOf(shown).split('/').at(-1)!;
    const wrong = [
      `/ping/addressed/${other}`,
      `/ping/addressed/${right.slice(0, -1)}`,
      `/ping/addressed/${right}x`,
      `/ping/ADDRESSED/${right}`,
      `/ping/nobody/${right}`,
      `/ping/probed/${right}`,
      `/ping/addressed/${other}/fail`,
    ];
    for (const path of wrong) expect([path, await ping(path)]).toEqual([path, 404]);
    expect(await sql.count('heartbeat', "monitor = 'addressed' and last_ok_at is not null")).toBe(
      0,
    );
  });

  test('ends with its monitor', async () => {
    const path = pathOf(await write('short-lived', DAILY));
    expect(await ping(`${path}/fail`)).toBe(200);
    await network.api.call('DELETE', '/v1/monitors/short-lived');
    expect(await ping(path)).toBe(404);
    // One of the same name begins with nothing known of its job.
    await write('short-lived', DAILY);
    expect(await sql.count('heartbeat', "monitor = 'short-lived' and failing")).toBe(0);
    await network.api.call('PUT', '/v1/monitors/short-lived', {
      body: { name: 'x', url: 'https://x.example/' },
    });
    expect(await ping(path)).toBe(404);
  });
});

describe('the voter', () => {
  test('is a member of heartbeat monitors and of nothing else', async () => {
    network.voteAll('elsewhere', 'up');
    await network.api.create('elsewhere');
    await network.api.verdict('elsewhere', 'up');
    const regions = THREE.map(({ region }) => region);
    const [round] = (await network.api.rounds('elsewhere')).data;
    expect(round!.members.map(({ region }) => region)).toEqual(regions);
    await write('own', DAILY);
    await network.api.verdict('own', 'up');
    const [own] = (await network.api.rounds('own')).data;
    expect(own).toMatchObject({
      members: [{ region: 'push', group: 'push' }],
      required: 1,
      votes: [{ agent: 'push', vote: 'up' }],
    });
    expect(await network.api.monitor('own')).toMatchObject({ unconfirmed: true });
    expect((await network.api.agents()).data.map(({ region }) => region)).toEqual(regions);
    const shown = await network.api.get<{ data: { region: string }[] }>('/v1/regions');
    expect(shown.data.map(({ region }) => region)).toEqual(regions);
    const asked = { body: { name: 'asks-push', url: 'https://x.example/', regions: ['push'] } };
    const refused = await network.api.call('POST', '/v1/monitors', asked);
    expect(refused.body.code).toBe('monitor.unknown_region');
  });

  test('keeps one chain of batches, over restarts too', async () => {
    await write('chained', { ...QUICK, heartbeat: { period: '1d' } });
    await nextVerdicts('chained', 2);
    await network.restart();
    await nextVerdicts('chained', 2);
    const rows = await sql.rows<{ seq: string; digest: string; payload: string }>(
      `select seq, encode(digest, 'hex') as digest, envelope::jsonb->>'payload' as payload
         from batch where agent = 'push' order by seq`,
    );
    let prev: string | null = null;
    for (const [i, { seq, digest, payload }] of rows.entries()) {
      const batch = JSON.parse(Buffer.from(payload, 'base64').toString()) as {
        prev: string | null;
      };
      expect([Number(seq), batch.prev]).toEqual([i + 1, prev]);
      prev = digest;
    }
  });

  test('is needed: without its key such a monitor is refused', async () => {
    await network.stop();
    await network.start({ pushKeyFile: null });
    const body = { name: 'refused', ...DAILY };
    const answer = await network.api.call('POST', '/v1/monitors', { body });
    expect(answer.body).toMatchObject({ code: 'input.invalid', errors: [{ pointer: '/type' }] });
    expect(answer.body.hint).toContain('TM_PUSH_KEY_FILE');
    await network.restart();
  });

  test('does not start with a key that the key ring does not name', async () => {
    const start = network.start({ pushKeyFile: network.keys.reportKeyFile });
    await expect(start).rejects.toMatchObject({ code: 'key.invalid' });
  });
});

describe('a restart', () => {
  const stopFor = async (ms: number): Promise<void> => {
    await network.stop();
    await sql.rows(`update listening set heard_until = heard_until - $1 * interval '1 ms'`, [ms]);
  };
  const moveDue = (id: string, byMs: number) =>
    sql.rows(`update heartbeat set due_at = now() + $2 * interval '1 ms' where monitor = $1`, [
      id,
      byMs,
    ]);

  test('keeps a failure and its incident', async () => {
    const path = pathOf(await write('kept', { ...DAILY, interval: '1s' }));
    await ping(`${path}/fail`, { method: 'POST', body: 'no' });
    const incident = await network.api.incidentOf('kept', 'open');
    await network.restart();
    // A machine that is slow to start has a round of which nothing can be said.
    expect(await nextVerdicts('kept', 2)).not.toContain('up');
    expect((await network.api.incident(incident.id)).state).toBe('open');
    await network.api.verdict('kept', 'down');
    expect(await ping(path)).toBe(200);
    expect((await network.api.incidentOf('kept', 'resolved')).id).toBe(incident.id);
  });

  test('gives jobs the time in which nobody listened, and no more', async () => {
    const settings = { ...QUICK, heartbeat: { period: '1h', grace: '0s' } };
    await write('lucky', settings);
    await write('late-before', settings);
    await network.api.verdict('lucky', 'up');
    await moveDue('late-before', -60_000);
    const incident = await network.api.incidentOf('late-before', 'open');
    await stopFor(30_000);
    await moveDue('lucky', -10_000);
    const due = await dueAt('lucky');
    await network.start();
    expect(new Set(await nextVerdicts('lucky', 2))).toEqual(new Set(['up']));
    const gained = (await dueAt('lucky')) - due;
    expect(gained).toBeGreaterThanOrEqual(30_000);
    expect(gained).toBeLessThan(60_000);
    expect(new Set(await nextVerdicts('late-before', 2))).toEqual(new Set(['down']));
    expect((await network.api.incident(incident.id)).state).toBe('open');
  });

  test('after longer than jobs try again begins a whole period', async () => {
    await write('lost', { ...QUICK, heartbeat: { period: '1h', grace: '0s' } });
    await network.api.verdict('lost', 'up');
    await stopFor(600_000);
    await moveDue('lost', -10_000);
    const before = Date.now();
    await network.start();
    expect(await dueAt('lost')).toBeGreaterThanOrEqual(before + 3_600_000 - 1_000);
    expect(new Set(await nextVerdicts('lost', 2))).toEqual(new Set(['up']));
  });
});

test('a ping that cannot be stored is answered 503, and the address is not logged', async () => {
  const path = pathOf(await write('away', DAILY));
  await network.api.verdict('away', 'up');
  const rounds = (await network.api.rounds('away')).data.length;
  proxy.cut();
  expect(await ping(`${path}/fail`)).toBe(503);
  const secret = path.split('/').at(-1)!;
  expect(network.logs.some((line) => line.msg === 'request failed')).toBe(true);
  expect(network.logs.filter((line) => JSON.stringify(line).includes(secret))).toEqual([]);
  proxy.mend();
  await until('a ping to be stored', async () => (await ping(path)) === 200);
  expect((await network.api.rounds('away')).data).toHaveLength(rounds);
});

test('a token that may only read does not see the address', async () => {
  const token = newToken();
  await sql.rows(
    "insert into token (name, hash, scopes) values ('reader', decode($1, 'hex'), $2)",
    [hashToken(token), ['read']],
  );
  await write('private', DAILY);
  const reader = network.api.as(token);
  expect((await reader.monitor('private')).pingUrl).toBeNull();
  const { data } = await reader.get<{ data: MonitorResource[] }>('/v1/monitors?limit=200');
  expect(data.map(({ pingUrl }) => pingUrl)).toEqual(data.map(() => null));
});

test('a change of the period begins a whole one, except in an incident', async () => {
  const path = pathOf(await write('edited', { ...DAILY, interval: '1s' }));
  await write('edited', { ...QUICK, heartbeat: { period: '1h', grace: '0s' } });
  expect(await dueAt('edited')).toBeLessThan(Date.now() + 3_700_000);
  await sql.rows("update heartbeat set due_at = now() - interval '1 s' where monitor = 'edited'");
  const incident = await network.api.incidentOf('edited', 'open');
  await write('edited', { ...QUICK, heartbeat: { period: '2h', grace: '0s' } });
  expect(await dueAt('edited')).toBeLessThan(Date.now());
  expect(new Set(await nextVerdicts('edited', 2))).toEqual(new Set(['down']));
  expect(await ping(path)).toBe(200);
  expect(await dueAt('edited')).toBeGreaterThan(Date.now() + 7_000_000);
  expect((await network.api.incidentOf('edited', 'resolved')).id).toBe(incident.id);
});
