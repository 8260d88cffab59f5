/** The database breaks, at each place where it can: nothing is lost, and nothing happens twice. */
import type { CreatedToken } from '@trustmonitor/protocol';
import { afterAll, afterEach, beforeEach, describe, expect, test } from 'vitest';
import { testNetwork } from './support/network.ts';
import { startPostgresProxy, type PostgresProxy } from './support/postgres-proxy.ts';
import { startReceiver } from './support/receiver.ts';
import { until } from './support/until.ts';
import { expectVerified } from './support/verify.ts';

let proxy!: PostgresProxy;
const network = await testNetwork(undefined, {
  databaseUrl: async (url) => {
    proxy = await startPostgresProxy(url);
    return proxy.url;
  },
});
const receiver = await startReceiver();
afterAll(async () => {
  await network.close();
  await proxy.close();
  await receiver.close();
});
await network.start({}, { statementTimeoutMs: 4_000 });
const { api, sql } = network;
beforeEach(() => network.showLogsOnFailure());
afterEach(() => proxy.mend());

const ops = { id: 'ops', type: 'webhook', url: receiver.url };
expect((await api.call('PUT', '/v1/channels/ops', { body: ops })).status).toBe(200);

/** What an incident of the monitor must be, whatever happened meanwhile. */
async function expectOneIncident(monitor: string): Promise<string> {
  const incident = await api.incidentOf(monitor, 'open');
  expect((await api.incidents(monitor)).data).toHaveLength(1);
  const { records } = await api.incident(incident.id);
  expect(records.map(({ step }) => step)).toEqual(['open']);
  await expectVerified(network, incident.id);
  return incident.id;
}

/** Each receipted batch of all agents is in the database once, and so is each of its results. */
async function expectReceiptedIsStored(): Promise<void> {
  const digests = network.agents.flatMap(({ receipts }) =>
    receipts.filter(({ status }) => status === 'committed').map(({ batch }) => batch),
  );
  const unique = [...new Set(digests)];
  expect(await sql.count('batch', "encode(digest, 'hex') = any($1)", [unique])).toBe(unique.length);
  const refused = network.agents.flatMap(({ receipts }) =>
    receipts.filter(({ status }) => status === 'refused'),
  );
  expect(refused).toEqual([]);
}

async function upOnce(id: string): Promise<void> {
  network.voteAll(id, 'up');
  await api.create(id);
  await api.verdict(id, 'up');
}

describe('the answer to a COMMIT is lost', () => {
  test.each([
    ['the first vote', 'insert into result'],
    ['a round', 'insert into round'],
    ['an incident', 'insert into incident'],
  ])('of %s: it is written once, receipted, announced once, and ends', async (what, text) => {
    const id = `lost-${what.replaceAll(' ', '-')}`;
    await upOnce(id);
    const swallowed = proxy.swallowed;
    network.voteAll(id, 'down');
    proxy.loseCommitAnswerAfter(text);
    await until('the answer to be lost', () => proxy.swallowed > swallowed);
    const incident = await expectOneIncident(id);
    const told = () => receiver.messages.filter(({ body }) => body['incident'] === incident);
    await until('its message', () => told().length > 0);
    // What is in memory afterwards is what was committed.
    network.voteAll(id, 'up');
    expect((await api.incidentOf(id, 'resolved')).id).toBe(incident);
    await until('the second message', () => told().length > 1);
    expect(told().map(({ body }) => body['type'])).toEqual([
      'incident.opened',
      'incident.resolved',
    ]);
    await expectVerified(network, incident);
    await expectReceiptedIsStored();
    expect(network.logs.filter(({ msg }) => msg.includes('given up'))).toEqual([]);
  });
});

test('connections are killed again and again: nothing is lost or doubled', async () => {
  await upOnce('killed');
  network.voteAll('killed', 'down');
  const killed = new Set<number>();
  for (let i = 0; i < 10; i++) {
    for (const pid of await sql.terminateOthers()) killed.add(pid);
    // Between two kills something is tried, on a connection that was not killed yet.
    await until('another connection', async () =>
      (await sql.others()).some((pid) => !killed.has(pid)),
    );
  }
  expect(killed.size).toBeGreaterThanOrEqual(10);
  await expectOneIncident('killed');
  network.voteAll('killed', 'up');
  const resolved = await api.incidentOf('killed', 'resolved');
  await expectVerified(network, resolved.id);
  await expectReceiptedIsStored();
});

const scrapeToken = async (): Promise<CreatedToken> => {
  const body = { name: 'prometheus', scopes: ['read'] };
  return (await api.call<CreatedToken>('POST', '/v1/tokens', { body })).body;
};
const scrape = (token: string) => api.as(token).call('GET', '/metrics');

test('the database is away: nothing is decided or receipted, it is said, and then all goes on', async () => {
  await upOnce('away');
  const [scraper, revoked] = [await scrapeToken(), await scrapeToken()];
  for (const { token } of [scraper, revoked]) expect((await scrape(token)).status).toBe(200);
  // Of a token that it has not seen, nothing is known.
  const unseen = await scrapeToken();
  proxy.cut();
  network.voteAll('away', 'down');
  const health = () =>
    api.call<{ checks: { name: string; ok: boolean; detail: string }[] }>('GET', '/readyz');
  await until('readiness to say so', async () => {
    const { status, body } = await health();
    const database = body.checks.find(({ name }) => name === 'database');
    return status === 503 && database?.ok === false && database.detail.length > 0;
  });
  const receipted = network.agents.map(({ receipts }) => receipts.length);
  const problem = await api.call('GET', '/v1/monitors');
  expect(problem.status).toBe(503);
  expect(problem.body.code).toBe('postgres.unavailable');
  expect(await sql.count('incident', "monitor = 'away'")).toBe(0);
  expect(network.agents.map(({ receipts }) => receipts.length)).toEqual(receipted);
  expect((await api.call('GET', '/healthz')).status).toBe(200);
  const scraped = await scrape(scraper.token);
  expect([scraped.status, scraped.text]).toEqual([
    200,
    expect.stringMatching(/^trustmonitor_database_up 0$/m),
  ]);
  expect((await scrape(unseen.token)).status).toBe(503);
  expect((await api.as(scraper.token).call('GET', '/v1/monitors')).status).toBe(503);
  // Another replica reaches the database, and revokes it there.
  await sql.rows('update token set revoked_at = now() where uid = $1', [revoked.id]);

  proxy.mend();
  await until('readiness', async () => (await health()).status === 200);
  expect((await scrape(revoked.token)).status).toBe(401);
  expect((await scrape(scraper.token)).status).toBe(200);
  await expectOneIncident('away');
  await expectReceiptedIsStored();
});

test('the database is behind a firewall that has forgotten everybody: it is given up, and asked anew', async () => {
  await upOnce('forgotten');
  // The cycle, the leases and who else there is: each finds out by itself that nobody answers.
  proxy.forget();
  network.voteAll('forgotten', 'down');
  await expectOneIncident('forgotten');
  network.voteAll('forgotten', 'up');
  await api.incidentOf('forgotten', 'resolved');
  await expectReceiptedIsStored();
  expect((await api.call('GET', '/readyz')).status).toBe(200);
}, 60_000);

describe('input that the database refuses', () => {
  test('does not stop others, not even those in the same batch', async () => {
    await sql.rows(
      "alter table result add constraint no_poison check (monitor <> 'poison' or not counted)",
    );
    network.voteAll('bystander', 'up');
    for (const id of ['poison', 'beside']) {
      for (const agent of network.agents) agent.behave(id, () => null);
      await api.create(id);
    }
    await api.create('bystander');
    await Promise.all(
      network.agents.map(async (agent) => {
        const jobs = await until('jobs', () => {
          const found = ['poison', 'beside'].flatMap((id) => agent.lastJob(id) ?? []);
          return found.length === 2 ? found : null;
        });
        const sealed = agent.send(...jobs.map((job) => agent.resultOf(job)));
        expect(await agent.receiptOf(sealed)).toMatchObject({ status: 'committed' });
        const rows = await sql.rows<{ monitor: string; counted: boolean }>(
          "select monitor, counted from result where batch = decode($1, 'hex') order by monitor",
          [sealed.digest],
        );
        // What would vote is refused, so it is kept without a vote.
        expect(rows.find(({ monitor }) => monitor === 'poison')).toMatchObject({ counted: false });
        expect(rows.map(({ monitor }) => monitor)).toEqual(['beside', 'poison']);
      }),
    );
    await api.verdict('bystander', 'up');
    await sql.rows('alter table result drop constraint no_poison');
  });

  test('is refused when it can be stored in no form, and the rest of it is stored', async () => {
    await sql.rows("alter table result add constraint no_poison check (monitor <> 'worse')");
    const eu = network.agent('eu-1');
    await api.create('good');
    const job = await eu.nextJob('good');
    const sealed = eu.send(eu.resultOf(job), eu.resultOf(job, { monitor: 'worse', attempt: 2 }));
    expect(await eu.receiptOf(sealed)).toMatchObject({
      status: 'refused',
      reason: 'internal: cannot be stored',
    });
    expect(await sql.count('result', "batch = decode($1, 'hex')", [sealed.digest])).toBe(1);
    await sql.rows('alter table result drop constraint no_poison');
  });

  test('a decision that cannot be written costs its round, and no turn of the others', async () => {
    await sql.rows("alter table round add constraint no_poison check (monitor <> 'cursed')");
    network.voteAll('blessed', 'up');
    // Silent: its rounds are closed by their deadlines.
    await api.create('cursed');
    await api.create('blessed');
    await api.verdict('blessed', 'up');
    await until('a round to be given up', () =>
      network.logs.some(({ msg, monitor }) => monitor === 'cursed' && msg.includes('given up')),
    );
    expect((await api.monitor('cursed')).verdict).toBeNull();
    await sql.rows('alter table round drop constraint no_poison');
    network.voteAll('cursed', 'up');
    await api.verdict('cursed', 'up');
    // It was not tried in a loop: one try a round, one round a second.
    const tries = network.logs.filter(({ monitor }) => monitor === 'cursed').length;
    expect(tries).toBeLessThan(20);
  });
});
