/** Two coordinators on one database and one broker: they share, take over, and hear of each other. */
import { SHARD_COUNT, shardOf } from '@trustmonitor/protocol';
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
