/** Two coordinators on one database and one broker: they share, take over, and hear of each other. */
import { DUTY_SHARD, PUSH, SHARD_COUNT, shardOf } from '@trustmonitor/protocol';
import { beforeEach, expect, test } from 'vitest';
import { testNetwork } from './support/network.ts';
import { until } from './support/until.ts';
import { expectVerified } from './support/verify.ts';

const network = await testNetwork();
const { sql } = network;
const first = await network.start();
const firstApi = network.api;
const second = await network.start();
const secondApi = network.api;
beforeEach(() => network.showLogsOnFailure());

const owners = () =>
  sql.rows<{ owner: string; shards: number }>(
    'select owner, count(*)::int as shards from shard where expires_at > now() group by owner',
  );
const ownerOf = async (shard: number) =>
  (await sql.rows<{ owner: string | null }>('select owner from shard where id = $1', [shard]))[0]
    ?.owner;

test('they come to hold half of the shards each, one step at a time', async () => {
  await until(
    'equal shares',
    async () => {
      const shares = await owners();
      return shares.length === 2 && shares.every(({ shards }) => shards === SHARD_COUNT / 2);
    },
    60_000,
  );
}, 70_000);

test('what is written through either API is decided about by whoever has it, and seen in both', async () => {
  const ids = ['edited-a', 'edited-b', 'edited-c', 'edited-d', 'edited-e', 'edited-f'];
  for (const id of ids) network.voteAll(id, 'up');
  for (const [i, id] of ids.entries()) await (i % 2 === 0 ? firstApi : secondApi).create(id);
  const decidedBy = await Promise.all(ids.map((id) => ownerOf(shardOf(id))));
  expect(new Set(decidedBy).size).toBe(2);
  for (const id of ids) {
    await firstApi.verdict(id, 'up');
    await secondApi.verdict(id, 'up');
  }
  // The other replica's edit is in the next job.
  for (const [i, id] of ids.entries()) {
    const edited = await (i % 2 === 0 ? secondApi : firstApi).create(id, { timeout: '300ms' });
    await until(`${id} to be asked as edited`, () =>
      network.agents.some((a) => a.lastJob(id)?.check.digest === edited.checkDigest),
    );
  }
});

test('one that is stopped hands over at once, and an open incident goes on', async () => {
  const ids = ['handed-a', 'handed-b', 'handed-c', 'handed-d', 'handed-e', 'handed-f'];
  for (const id of ids) network.voteAll(id, 'down');
  for (const id of ids) await firstApi.create(id);
  const incidents = new Map<string, string>();
  for (const id of ids) incidents.set(id, (await firstApi.incidentOf(id, 'open')).id);
  expect(new Set(await Promise.all(ids.map((id) => ownerOf(shardOf(id))))).size).toBe(2);
  await network.stop(first);
  await until('the other to have all', async () => (await owners())[0]?.shards === SHARD_COUNT);
  for (const id of ids) network.voteAll(id, 'up');
  for (const id of ids) {
    const resolved = await secondApi.incidentOf(id, 'resolved');
    expect(resolved.id).toBe(incidents.get(id));
    expect((await secondApi.incidents(id)).data).toHaveLength(1);
    await expectVerified(network, resolved.id);
  }
  expect(network.coordinator).toBe(second);
}, 60_000);

/** Free, under a new epoch, while its owner takes it for its own: as after a pause past the lease. */
const freeShard = (shard: number) =>
  sql.rows(
    `with locked as (select id from shard where id = $1 for update)
     update shard set owner = null, epoch = epoch + 1, expires_at = now()
       from locked where shard.id = locked.id`,
    [shard],
  );

/** A round of the monitor that was opened after now, with the votes of this region. */
async function nextRoundBy(id: string, region: string): Promise<void> {
  const [last] = await sql.rows<{ id: string }>('select max(id::text) as id from round');
  await until(`${id} to be voted on by ${region}`, async () => {
    const { data } = await secondApi.rounds(id);
    return data.some((r) => r.id > (last?.id ?? '') && r.votes.some((v) => v.region === region));
  });
}

test('a monitor that changes kind moves to the shard of its new kind, and back', async () => {
  const asHeartbeat = {
    name: 'mover',
    type: 'heartbeat',
    interval: '1s',
    heartbeat: { period: '1d', grace: '1d' },
  };
  const shardNow = async () =>
    (await sql.rows<{ shard: number }>("select shard from monitor where id = 'mover'"))[0]?.shard;
  // From now on there are two again, and the shards between which it moves are not of one.
  await network.start();
  await freeShard(shardOf('mover'));
  await until('its shards to be of two', async () => {
    const [own, duty] = [await ownerOf(shardOf('mover')), await ownerOf(DUTY_SHARD)];
    return typeof own === 'string' && typeof duty === 'string' && own !== duty;
  });
  network.voteAll('mover', 'up');
  await secondApi.create('mover');
  await nextRoundBy('mover', 'eu');
  const put = await secondApi.call('PUT', '/v1/monitors/mover', { body: asHeartbeat });
  expect(put.status, put.text).toBe(200);
  expect(await shardNow()).toBe(DUTY_SHARD);
  await nextRoundBy('mover', PUSH.region);
  await secondApi.create('mover');
  expect(await shardNow()).toBe(shardOf('mover'));
  await nextRoundBy('mover', 'eu');
});

test('the batches of heartbeats stay one chain, whoever seals the next', async () => {
  const body = {
    name: 'beating',
    type: 'heartbeat',
    interval: '1s',
    heartbeat: { period: '1d', grace: '1d' },
  };
  const put = await secondApi.call('PUT', '/v1/monitors/beating', { body });
  expect(put.status, put.text).toBe(200);
  await nextRoundBy('beating', PUSH.region);
  for (let i = 0; i < 3; i++) {
    await freeShard(DUTY_SHARD);
    await nextRoundBy('beating', PUSH.region);
  }
  const chain = await sql.rows<{ seq: number; prev: string | null; digest: string }>(
    `select seq::int, encode(digest, 'hex') as digest,
            convert_from(decode(envelope::jsonb ->> 'payload', 'base64'), 'utf8')::jsonb ->> 'prev' as prev
       from batch where agent = $1 order by seq`,
    [PUSH.agent],
  );
  expect(chain.map(({ seq }) => seq)).toEqual(chain.map((_, i) => i + 1));
  expect(chain.map(({ prev }) => prev)).toEqual([
    null,
    ...chain.slice(0, -1).map(({ digest }) => digest),
  ]);
  await network.stop();
}, 60_000);

test('one whose shard is taken writes nothing more about it, and goes on with the others', async () => {
  const ids = ['kept', 'lost'];
  for (const id of ids) network.voteAll(id, 'up');
  for (const id of ids) await secondApi.create(id);
  for (const id of ids) await secondApi.verdict(id, 'up');
  const shard = shardOf('lost');
  expect(shard).not.toBe(shardOf('kept'));
  // For longer than this test: a coordinator that is not there.
  await sql.rows(
    `with locked as (select id from shard where id = $1 for update)
     update shard set owner = 'nobody', epoch = epoch + 1, expires_at = now() + interval '1 hour'
       from locked where shard.id = locked.id`,
    [shard],
  );
  const rounds = () => sql.count('round', "monitor = 'lost'");
  const before = await rounds();
  const kept = await sql.count('round', "monitor = 'kept'");
  await until('three rounds of the other', async () => {
    return (await sql.count('round', "monitor = 'kept'")) >= kept + 3;
  });
  expect(await rounds()).toBe(before);
  await until('it to be shed', () =>
    network.logs.some(({ msg }) => /decide[s]? about these now|shard lost/.test(msg)),
  );
});
