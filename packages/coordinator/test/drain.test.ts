/** Regions and agents that operators take out for planned work, on two real coordinators. */
import { ONE_OFF, type AgentResource, type RegionResource } from '@trustmonitor/protocol';
import { beforeEach, expect, test } from 'vitest';
import { THREE, testNetwork } from './support/network.ts';
import { until } from './support/until.ts';
import { expectVerified } from './support/verify.ts';

const network = await testNetwork([...THREE, { agent: 'eu-2', region: 'eu', group: 'group-eu' }]);
await network.start();
const other = network.api;
await network.start();
const { api, sql } = network;
beforeEach(() => network.showLogsOnFailure());

const regionOf = (name: string) => api.get<RegionResource>(`/v1/regions/${name}`);
const agentOf = (name: string) => api.get<AgentResource>(`/v1/agents/${name}`);
const drain = (path: string, body: object = {}) => api.call('PUT', `${path}/drain`, { body });
const undrain = (path: string) => api.call('DELETE', `${path}/drain`);

/** The newest round of the monitor, as soon as it is one that was asked for like this. */
const roundWith = (monitor: string, isMeant: (voters: string[]) => boolean) =>
  until(`a round of ${monitor}`, async () => {
    const [newest] = (await api.rounds(monitor)).data;
    return newest !== undefined && isMeant(newest.votes.map(({ region }) => region)) && newest;
  });

/** Coordinators that did not hear of a drain themselves see it with their next look. */
const knownElsewhere = (region: string, isDrained: boolean) =>
  until(`${region} to be known everywhere`, async () => {
    const { text } = await other.call('GET', '/metrics');
    return text.includes(`trustmonitor_region_drained{region="${region}"} ${Number(isDrained)}`);
  });

test('a region is drained in the middle of an incident, which nobody hears of, and votes again', async () => {
  network.voteAll('shop', 'up');
  await api.create('shop');
  await api.verdict('shop', 'up');
  network.voteAll('shop', 'down');
  const { id } = await api.incidentOf('shop', 'open');
  expect(await drain('/v1/regions/eu', { reason: 'new disks' })).toMatchObject({
    status: 200,
    body: { by: 'admin', reason: 'new disks' },
  });
  await knownElsewhere('eu', true);

  // What it would say is not asked, and k stays.
  network.vote('shop', { ap: 'down', us: 'down', eu: 'up' });
  const round = await roundWith('shop', (voters) => !voters.includes('eu'));
  expect(round).toMatchObject({ verdict: 'down', required: 2 });
  expect(round.members.map(({ region }) => region)).toEqual(['ap', 'eu', 'us']);
  expect(await regionOf('eu')).toMatchObject({ drain: { reason: 'new disks' }, quarantine: null });
  expect((await agentOf('eu-2')).regionDrained).toBe(true);
  expect((await api.get<{ regions: object }>('/v1/status')).regions).toMatchObject({ drained: 1 });

  // A check that is run once leaves it out, too, unless it is named.
  network.voteAll(ONE_OFF, 'up');
  const checked = async (regions?: string[]) =>
    (await api.call('POST', '/v1/checks', { body: { url: 'https://a.example/', regions } })).text;
  expect(await checked()).toContain('"abstained":["eu"]');
  expect(await checked(['eu', 'us'])).toContain('"abstained":[]');

  // The two that are left are needed: only who insists takes another out, and then nobody can judge.
  expect(await drain('/v1/regions/us')).toMatchObject({
    status: 409,
    body: {
      code: 'drain.too_few',
      detail:
        'without us 1 monitor could not be judged: shop needs 2 voting groups and would have 1',
    },
  });
  expect((await regionOf('us')).drain).toBeNull();
  expect((await drain('/v1/regions/us', { force: true })).status).toBe(200);
  await api.verdict('shop', 'unknown');
  expect((await undrain('/v1/regions/us')).status).toBe(204);
  await api.verdict('shop', 'down');
  expect((await api.incidents('shop')).data).toMatchObject([{ id, state: 'open' }]);

  expect((await undrain('/v1/regions/eu')).status).toBe(204);
  await knownElsewhere('eu', false);
  network.voteAll('shop', 'up');
  await roundWith('shop', (voters) => voters.includes('eu'));
  await api.incidentOf('shop', 'resolved');
  await expectVerified(network, id);
  expect(await sql.count('quarantine', 'since is not null or withheld_at is not null')).toBe(0);
  expect(await sql.count('notice', `topic like 'region.%'`)).toBe(0);
  for (const action of ['region.drained', 'region.undrained']) {
    expect(await sql.count('audit', 'subject = $1 and action = $2', ['eu', action])).toBe(1);
    const about = JSON.stringify([{ type: action, region: 'eu', by: 'admin' }]);
    expect(await sql.count('event', 'events @> $1::jsonb', [about])).toBe(1);
  }
});

test('an agent is told with its next beat to take no jobs, while another stands in for it', async () => {
  const [first, second] = [network.agent('eu-1'), network.agent('eu-2')];
  const hear = (agent: string) =>
    sql.rows(
      `insert into agent_status (agent, region, version, started_at, last_seen_at, spooled_batches)
       values ($1, 'eu', '1', now(), now(), 0)
       on conflict (agent) do update set last_seen_at = now()`,
      [agent],
    );
  await hear('eu-1');
  expect((await first.beat()).drained).toBe(false);
  const alone = await drain('/v1/agents/eu-1');
  expect(alone).toMatchObject({ status: 409, body: { code: 'drain.too_few' } });
  expect(alone.text).toContain('Drain the region eu instead');
  await hear('eu-2');
  expect((await drain('/v1/agents/eu-1', { reason: 'reboot' })).status).toBe(200);
  await until('it to be told', async () => (await first.beat()).drained === true);
  expect((await second.beat()).drained).toBe(false);
  expect((await agentOf('eu-1')).drain).toMatchObject({ reason: 'reboot', confirmed: false });
  await first.beat({ drained: true });
  await until('it to have said so', async () => (await agentOf('eu-1')).drain?.confirmed === true);
  // The last that takes jobs stays, unless nobody waits for the region's vote.
  await hear('eu-2');
  expect((await drain('/v1/agents/eu-2')).status).toBe(409);
  expect((await undrain('/v1/agents/eu-1')).status).toBe(204);
  expect((await agentOf('eu-1')).drain).toBeNull();
  await until('it to be told', async () => (await first.beat()).drained === false);
  for (const action of ['agent.drained', 'agent.undrained']) {
    expect(await sql.count('audit', 'subject = $1 and action = $2', ['eu-1', action])).toBe(1);
  }
});
