/** A region whose network fails, on a real coordinator: not asked, proved, and asked again. */
import type { Job, RegionResource, Result } from '@trustmonitor/protocol';
import { beforeEach, expect, test } from 'vitest';
import type { HandAgent } from './support/hand-agent.ts';
import { testNetwork } from './support/network.ts';
import { until } from './support/until.ts';

const network = await testNetwork();
await network.start();
const { sql } = network;
beforeEach(() => network.showLogsOnFailure());

const regionOf = async (name: string): Promise<RegionResource> => {
  const { data } = await network.api.get<{ data: RegionResource[] }>('/v1/regions');
  return data.find(({ region }) => region === name)!;
};

/** What an agent says whose canaries do not answer. */
function offline(job: Job, agent: HandAgent): Result[] {
  const failure = { class: 'agent_offline', attribution: 'self', detail: 'no canary' } as const;
  return [agent.resultOf(job, { outcome: 'abstain', failure })];
}

test('a region without a network is quarantined in two rounds, proves itself, and votes again', async () => {
  let isBroken = false;
  const rounds = new Set<string>();
  network.behave('shop', (job, agent) => {
    if (agent.keys.region === 'eu') rounds.add(job.round);
    return isBroken && agent.keys.region === 'eu' ? offline(job, agent) : 'up';
  });
  await network.api.create('shop', { mode: 'all' });
  await network.api.verdict('shop', 'up');
  isBroken = true;
  rounds.clear();
  const out = await until('eu is in quarantine', async () => (await regionOf('eu')).quarantine);
  expect(out).toMatchObject({ reason: 'canaries', offence: 1 });
  expect((await network.api.agents()).data.find(({ agent }) => agent === 'eu-1')).toMatchObject({
    quarantined: true,
  });
  expect((await network.api.get<{ regions: object }>('/v1/status')).regions).toMatchObject({
    quarantined: 1,
  });

  // It is asked beside the rounds only, and stays a member: what it says is kept and not counted.
  const asked = await until('rounds without it', async () => {
    const { data } = await network.api.rounds('shop');
    const [newest] = data;
    return newest !== undefined && newest.votes.every(({ region }) => region !== 'eu')
      ? newest
      : null;
  });
  expect(asked).toMatchObject({ verdict: 'up', required: 2 });
  expect(asked.members.map(({ region }) => region)).toEqual(['ap', 'eu', 'us']);
  const shadow = await until('a result of probation', async () => {
    const [row] = await sql.rows<{ round: string; counted: boolean }>(
      `select round, counted from result where region = 'eu'
        and round not in (select id from round) order by round desc limit 1`,
    );
    return row;
  });
  expect(shadow.counted).toBe(false);
  expect(rounds).toContain(shadow.round);

  // After a restart it is still out, and votes only when it has proved itself for a while.
  await network.restart();
  isBroken = false;
  expect((await regionOf('eu')).quarantine).toMatchObject({ reason: 'canaries' });
  await sql.rows(`update quarantine set agreeing = 4, agreeing_since = now() - interval '1 hour'`);
  await until('eu votes again', async () => (await regionOf('eu')).quarantine === null);
  await until('a round with its vote', async () => {
    const { data } = await network.api.rounds('shop');
    return data[0]?.votes.some(({ region, vote }) => region === 'eu' && vote === 'up');
  });
  for (const action of ['region.quarantined', 'region.released']) {
    expect(await sql.count('audit', 'subject = $1 and action = $2', ['eu', action])).toBe(1);
    const about = JSON.stringify([{ type: action, region: 'eu' }]);
    expect(await sql.count('event', 'events @> $1::jsonb', [about])).toBe(1);
  }
});

test('where too few would be left, nobody is quarantined, and that is told', async () => {
  network.behave('blog', (job, agent) => (agent.keys.region === 'us' ? 'up' : offline(job, agent)));
  network.behave('shop', (job, agent) => (agent.keys.region === 'us' ? 'up' : offline(job, agent)));
  await network.api.create('blog', { mode: 'all' });
  await until('it is noted', () => sql.count('quarantine', 'withheld_at is not null'));
  expect(await sql.count('quarantine', 'since is not null')).toBe(0);
});
