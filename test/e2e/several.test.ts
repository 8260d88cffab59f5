/** Two coordinators as processes: one is killed, or paused, in the middle of an incident. */
import { readFile } from 'node:fs/promises';
import { SHARD_COUNT, shardOf, type RootFile } from '@trustmonitor/protocol';
import { verifyBundle } from '@trustmonitor/evidence';
import { nodeVerifier } from '@trustmonitor/evidence/node';
import { afterAll, beforeEach, expect, test } from 'vitest';
import { Sql } from '../../packages/coordinator/test/support/database.ts';
import { showLogsOnFailure, startNetwork, tellSoon, type Replica } from '../support/network.ts';
import { startReceiver } from '../support/receiver.ts';
import { startTarget } from '../support/target.ts';
import { until } from '../support/until.ts';

/** 15 s are promised: 10 s for the lease, and two steps. The rest is for the machine. */
const TAKEOVER_LIMIT_MS = 20_000;
const REGIONS = ['ap-south', 'eu-west', 'us-east'];

const network = await startNetwork({
  members: REGIONS.map((region) => ({ region, group: `provider-${region}` })),
});
const replicas = [{ process: network.coordinator, api: network.api }, await network.startReplica()];
const sql = new Sql(network.databaseUrl);
const receiver = await startReceiver();
const target = await startTarget();
afterAll(async () => {
  await Promise.all([sql.close(), receiver.close(), target.close()]);
});
const channel = { id: 'ops', type: 'webhook', url: receiver.url };
expect((await network.api.call('PUT', '/v1/channels/ops', channel)).status).toBe(200);
await tellSoon(network.api);
beforeEach(() => showLogsOnFailure(network, REGIONS));

/** The port of the coordinator that has the shard of the monitor, while its lease lasts. */
async function holderOf(monitor: string): Promise<string | null> {
  const [row] = await sql.rows<{ name: string }>(
    `select c.name from shard s join coordinator c on c.id = s.owner
      where s.id = $1 and s.expires_at > clock_timestamp()`,
    [shardOf(monitor)],
  );
  return row?.name.split(':').at(-1) ?? null;
}

const portOf = ({ api }: Replica): string => new URL(api.url).port;

const shares = () =>
  sql.rows<{ port: string; shards: number }>(
    `select substring(c.name from '[0-9]+$') as port, count(*)::int as shards
       from shard s join coordinator c on c.id = s.owner
      where s.expires_at > clock_timestamp() group by 1`,
  );

/** The one that has the monitor, and the one that has not; when no shard moves any more. */
async function split(monitor: string): Promise<{ holder: Replica; other: Replica }> {
  await until(
    'equal shares',
    async () =>
      (await shares()).every(({ shards }) => shards === SHARD_COUNT / replicas.length) || null,
    60_000,
  );
  const port = await until(`a holder of ${monitor}`, () => holderOf(monitor));
  const [holder] = replicas.filter((replica) => portOf(replica) === port);
  const [other] = replicas.filter((replica) => portOf(replica) !== port);
  if (holder === undefined || other === undefined) throw new Error(`nobody listens on ${port}`);
  return { holder, other };
}

async function openIncident(monitor: string): Promise<string> {
  target.fail([]);
  const input = {
    id: monitor,
    name: monitor,
    url: target.url,
    interval: '1s',
    timeout: '1s',
    confirm: { rounds: 2, after: '1s' },
  };
  expect((await network.api.call('POST', '/v1/monitors', input)).status).toBe(201);
  await until(`${monitor} to be up`, async () =>
    (await network.api.monitor(monitor)).verdict === 'up' ? true : null,
  );
  target.fail('all');
  return incidentThat(network.api, monitor, 'open');
}

const incidentThat = (api: Replica['api'], monitor: string, state: string): Promise<string> =>
  until(
    `an incident of ${monitor} that is ${state}`,
    async () => (await api.incidents(monitor)).data.find((one) => one.state === state)?.id,
  );

const roundsOf = (monitor: string) => sql.count('round', 'monitor = $1', [monitor]);

async function takenOver(monitor: string, by: Replica): Promise<void> {
  await until(
    `${monitor} to be taken over`,
    async () => ((await holderOf(monitor)) === portOf(by) ? true : null),
    TAKEOVER_LIMIT_MS,
  );
  const before = await roundsOf(monitor);
  await until('more rounds', async () => ((await roundsOf(monitor)) > before + 1 ? true : null));
}

/** The same incident ends, is proven, and neither it nor anything of it is there twice. */
async function endsOnce(monitor: string, incident: string, api: Replica['api']): Promise<void> {
  target.fail([]);
  expect(await incidentThat(api, monitor, 'resolved')).toBe(incident);
  expect((await api.incidents(monitor)).data).toHaveLength(1);
  const { records } = await api.incident(incident);
  expect(records.map(({ step }) => step)).toEqual(['open', 'resolve']);

  const root = JSON.parse(await readFile(network.rootFile, 'utf8')) as RootFile;
  const report = verifyBundle(await api.evidence(incident), root, { verifier: nodeVerifier });
  expect(report.checks.filter(({ ok }) => !ok)).toEqual([]);

  const messages = await until('the end to be told', async () => {
    const rows = await sql.rows<{ type: string; n: number }>(
      `select one ->> 'type' as type, count(*)::int as n
         from outbox cross join lateral jsonb_array_elements(
                coalesce(payload -> 'alerts', jsonb_build_array(payload))) as one
        where one ->> 'incident' = $1 group by 1 order by 1`,
      [incident],
    );
    return rows.length < 2 ? null : rows;
  });
  expect(messages).toEqual([
    { type: 'incident.opened', n: 1 },
    { type: 'incident.resolved', n: 1 },
  ]);
  // A coordinator that had gone on with what it knew would have closed its round among others'.
  expect(await overlapping(monitor)).toEqual([]);
  // Lanes of several shards are under way at once: a batch may be stored before the one ahead.
  await until('every batch to be there once', async () => {
    expect(await brokenChains()).toEqual([]);
    return true;
  });
}

/** Rounds that were opened before the one ahead of them was closed. */
const overlapping = (monitor: string) =>
  sql.rows(
    `select * from (
       select id, opened_at, lag(closed_at) over (order by opened_at) as before
         from round where monitor = $1) r
      where opened_at < before`,
    [monitor],
  );

/** Agents that miss a batch, or have one twice: each numbers its batches from 1. */
const brokenChains = () =>
  sql.rows(
    `select agent, count(*), max(seq) from batch group by agent
      having count(*) <> max(seq) or count(distinct seq) <> count(*)`,
  );

test('one that is paused past its lease, and goes on, decides nothing of what it knew', async () => {
  const incident = await openIncident('paused');
  const { holder, other } = await split('paused');
  holder.process.signal('SIGSTOP');
  try {
    await takenOver('paused', other);
  } finally {
    holder.process.signal('SIGCONT');
  }
  await until('it to have a share again', async () =>
    (await shares()).some(({ port }) => port === portOf(holder)) ? true : null,
  );
  expect(holder.process.isRunning).toBe(true);
  await endsOnce('paused', incident, holder.api);
});

test('one that is killed: the other goes on with the incident, and nothing is doubled', async () => {
  const incident = await openIncident('killed');
  const { holder, other } = await split('killed');
  await holder.process.end('SIGKILL');
  await takenOver('killed', other);
  expect(await incidentThat(other.api, 'killed', 'open')).toBe(incident);
  await endsOnce('killed', incident, other.api);
});
