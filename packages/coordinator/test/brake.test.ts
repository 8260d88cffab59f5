/** Most of the fleet fails at once: held until canaries answer anew, and opened if they do. */
import type { Job, NoticeResource, Result } from '@trustmonitor/protocol';
import { beforeEach, expect, test } from 'vitest';
import type { HandAgent } from './support/hand-agent.ts';
import { testNetwork } from './support/network.ts';
import { until } from './support/until.ts';
import { expectVerified } from './support/verify.ts';

const network = await testNetwork();
await network.start();
const { sql } = network;
beforeEach(() => network.showLogsOnFailure());

const FLEET = Array.from({ length: 12 }, (_, i) => `shop-${i}`);

/** What an agent says whose canaries do not answer. */
function offline(job: Job, agent: HandAgent): Result[] {
  const failure = { class: 'agent_offline', attribution: 'self', detail: 'no canary' } as const;
  return [agent.resultOf(job, { outcome: 'abstain', failure })];
}

async function notices(state: 'open' | 'ended'): Promise<NoticeResource[]> {
  const answer = await network.api.get<{ data: NoticeResource[] }>(`/v1/notices?state=${state}`);
  return answer.data.filter(({ topic }) => topic === 'fleet.held');
}

const opened = () => sql.count('incident');
const heldGauge = async (): Promise<boolean> => {
  const { text } = await network.api.call('GET', '/metrics');
  return text.includes('\ntrustmonitor_fleet_held 1\n');
};

test('a fleet that fails at once opens nothing unless canaries that are asked anew answer', async () => {
  let world: 'up' | 'blind' | 'down' = 'up';
  for (const id of FLEET) {
    network.behave(id, (job, agent) => {
      if (world === 'blind' && job.recheckCanaries === true) return offline(job, agent);
      return world === 'up' ? 'up' : 'down';
    });
  }
  // Every monitor has failed once before the first of them could be confirmed.
  const confirm = { rounds: 2, after: '8s' };
  await Promise.all(FLEET.map((id) => network.api.create(id, { confirm })));
  await Promise.all(FLEET.map((id) => network.api.verdict(id, 'up')));

  world = 'blind';
  await until('people are told', async () => (await notices('open')).length > 0, 30_000);
  expect(await heldGauge()).toBe(true);
  await Promise.all(FLEET.map((id) => network.api.verdict(id, 'unknown')));
  expect(await opened()).toBe(0);
  const [told] = await notices('open');
  expect(told).toMatchObject({ told: true, detail: expect.stringContaining('of 12 monitors') });

  world = 'up';
  await until('it is over', async () => (await notices('ended')).length > 0, 30_000);
  expect(await opened()).toBe(0);
  expect(await heldGauge()).toBe(false);
  expect(await sql.count('notice', `topic = 'fleet.held'`)).toBe(1);

  world = 'down';
  const incidents = await Promise.all(FLEET.map((id) => network.api.incidentOf(id, 'open')));
  for (const { id, monitor } of incidents) {
    const { data } = await network.api.rounds(monitor);
    const failed = data.findIndex(({ verdict }) => verdict !== 'down');
    const confirmed = data.findIndex((round) => round.id === id);
    // Two would do: each has one more, and the record lists what the policy asks for.
    expect(failed - confirmed).toBeGreaterThanOrEqual(3);
  }
  await expectVerified(network, incidents[0]!.id);
}, 120_000);
