#!/usr/bin/env node
// The broker is gone: nothing is judged, nothing is lost, nobody is paged for a target; and it comes back.
import { runExercise } from './lib/exercise.mjs';

const USAGE = `Broker loss: nats-server answers nobody.

  node deploy/game-day/broker-loss.mjs

Should be seen: broker.away is on record within a minute, and told, unless people were told just before
that nothing can be judged; /readyz names the broker; no incident opens and no monitor is down. When it is
back, rounds go on, and agents have no batch left that has no receipt.`;

await runExercise(USAGE, async (exercise) => {
  const { get, see, holds, breaks, incidents, noticesOpen, monitor } = exercise;
  const back = await breaks(exercise.pausing(['nats']));
  await see('broker.away is on record', 60, async () => {
    return (await noticesOpen()).some(({ topic }) => topic === 'broker.away');
  });
  await holds('nothing else is told beside it', async () => {
    const others = (await noticesOpen()).filter(
      ({ topic, told }) => told && topic !== 'broker.away',
    );
    if (others.length === 0) return true;
    throw new Error(others.map(({ topic, detail }) => `${topic} (${detail})`).join(', '));
  });
  await see('/readyz names the broker, and says no', 10, async () => {
    return get('/readyz').then(
      () => false,
      (error) => /503.*"broker","ok":false/.test(error.message),
    );
  });
  await holds('no incident has opened', async () => (await incidents()).length === 0);
  await holds(`${monitor} is not down`, async () => {
    return (await get(`/v1/monitors/${monitor}`)).verdict !== 'down';
  });

  await back();
  const from = new Date().toISOString();
  await see('rounds go on', 60, async () => {
    const [newest] = (await get(`/v1/monitors/${monitor}/rounds?limit=1`)).data;
    return newest?.openedAt > from && newest.verdict === 'up';
  });
  await see('no batch waits for a receipt', 60, async () => {
    const agents = (await get('/v1/agents')).data;
    return agents.every(({ state, spooledBatches }) => state === 'alive' && spooledBatches <= 1);
  });
  await holds('no incident has opened', async () => (await incidents()).length === 0);
});
