#!/usr/bin/env node
// A target gets slow: for one region, which is no outage; then for everybody, which is one.
import { runExercise } from './lib/exercise.mjs';

const USAGE = `Latency: answers come later than the monitor waits, in one region, then everywhere.

  node deploy/game-day/latency.mjs [--region R]

Should be seen: while one region meets it, that region says down, the others say up, and no incident opens.
When everybody meets it, an incident opens; when nobody does, it ends.

With --break and --mend it is one region's way out that gets slow, by tc for one (docs/game-day.md): the
region's probes fail, and no incident opens.

  --region R         the region (the first one)`;

const ONE_REGION_ROUNDS = 3;

await runExercise(USAGE, async (exercise) => {
  const { get, see, holds, breaks, incidents, monitor, options } = exercise;
  const region = options.region ?? (await get('/v1/agents')).data[0].region;
  const from = new Date().toISOString();
  const seenSlow = async () => {
    const rounds = (await get(`/v1/monitors/${monitor}/rounds?limit=20`)).data;
    return rounds.filter(
      ({ openedAt, votes }) =>
        openedAt > from && votes.some((one) => one.region === region && one.vote !== 'up'),
    );
  };

  const quick = await breaks(exercise.demo({ mode: 'slow', regions: [region] }));
  await see(
    `${region} has no answer in time, ${ONE_REGION_ROUNDS} rounds on end`,
    120,
    async () => {
      return (await seenSlow()).length >= ONE_REGION_ROUNDS;
    },
  );
  await holds('no round was down', async () => {
    return (await seenSlow()).every(({ verdict }) => verdict !== 'down');
  });
  await holds('no incident has opened', async () => (await incidents()).length === 0);
  await quick();
  if (!exercise.isLocal) return;

  const mend = await breaks(exercise.demo({ mode: 'slow', regions: [] }));
  const incident = await see('an incident opens', 90, async () => (await incidents('open'))[0]);
  exercise.say(`                      ${incident.reason}`);
  await mend();
  await see('the incident ends', 90, async () => (await incidents('resolved')).length === 1);
});
