/** A liar among the agents, on a real coordinator: found, told of once, and remembered. */
import { afterAll, beforeEach, expect, test } from 'vitest';
import { unknownScore } from '../src/trust/score.ts';
import { testNetwork } from './support/network.ts';
import { startReceiver } from './support/receiver.ts';
import { until } from './support/until.ts';

const network = await testNetwork();
const receiver = await startReceiver();
afterAll(() => receiver.close());
await network.start();
const { sql } = network;
beforeEach(() => network.showLogsOnFailure());

const show = async (name: string) =>
  (await network.api.agents()).data.find(({ agent }) => agent === name);

test('a liar is flagged after its rounds, with one notice, over a restart', async () => {
  const hook = { id: 'ops', type: 'webhook', url: receiver.url };
  await network.api.call('PUT', '/v1/channels/ops', { body: hook });
  // What thirteen rounds of lies leave behind, so that the test needs not wait for them.
  const doubts = { lied: { agreement: 0.9 ** 13, atMs: Date.now() } };
  await sql.rows('insert into agent_trust (agent, score) values ($1, $2)', [
    'eu-1',
    JSON.stringify({ ...unknownScore(Date.now()), doubts }),
  ]);
  network.vote('lied', { ap: 'up', eu: 'down', us: 'up' });
  await network.api.create('lied');
  const flagged = await until('eu-1 is flagged', async () => {
    const agent = await show('eu-1');
    return agent?.flagged === true ? agent : null;
  });
  expect(flagged).toMatchObject({ doubtfulMonitors: ['lied'], agreement: 0 });
  expect(await show('us-1')).toMatchObject({ flagged: false, agreement: 1 });
  await until('the notice', () => receiver.messages.find(isFlag));
  await network.restart();
  expect(await show('eu-1')).toMatchObject({ flagged: true, flaggedAt: flagged.flaggedAt });

  network.voteAll('lied', 'up');
  await sql.rows(`update agent_trust set score = jsonb_set(score, '{doubts,lied,agreement}', '0.74')
      where agent = 'eu-1'`);
  await until('eu-1 is believed again', async () => (await show('eu-1'))?.flagged === false);
  expect(await sql.count('audit', `subject = 'eu-1' and action = 'agent.flagged'`)).toBe(1);
  expect(await sql.count('audit', `subject = 'eu-1' and action = 'agent.cleared'`)).toBe(1);
  expect(receiver.messages.filter(isFlag)).toHaveLength(1);
});

const isFlag = ({ body }: (typeof receiver.messages)[number]) =>
  body['type'] === 'monitoring.agents_flagged';
