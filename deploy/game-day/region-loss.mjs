#!/usr/bin/env node
// A region is gone: nobody is paged for it, the others decide without it, and it comes back.
import { runExercise } from './lib/exercise.mjs';

const USAGE = `Region loss: the agents of one region fall silent.

  node deploy/game-day/region-loss.mjs [--region R] [--brief]

Should be seen: its agents are lost after 10 s, and no incident opens. In the local stack the demo target is
broken then: the others agree, and open an incident without the region. Then region.lost is told (within a
minute), and the region is in quarantine. When it is back it is on probation for a minute, and votes again.

  --region R         the region (the first one)
  --brief            do not wait for region.lost and for quarantine`;

await runExercise(USAGE, async (exercise) => {
  const { get, see, holds, breaks, incidents, noticesOpen, monitor, options } = exercise;
  const agents = (await get('/v1/agents')).data;
  const region = options.region ?? agents[0].region;
  const names = agents.filter((agent) => agent.region === region).map(({ agent }) => agent);
  const stateOf = async (state) =>
    (await get('/v1/agents')).data.filter((one) => one.region === region && one.state === state);

  const back = await breaks(exercise.pausing(names.map((name) => `agent-${name}`)));
  await see(`every agent of ${region} is lost`, 30, async () => {
    return (await stateOf('lost')).length === names.length;
  });
  await holds('no incident has opened', async () => (await incidents()).length === 0);
  await holds(
    `${monitor} is up`,
    async () => (await get(`/v1/monitors/${monitor}`)).verdict === 'up',
  );

  const mend = exercise.isLocal ? await breakTarget(exercise, region) : () => undefined;
  if (!options.brief) {
    await see('region.lost is told, once', 90, async () => {
      const lost = (await noticesOpen()).filter(({ topic }) => topic === 'region.lost');
      return lost.length === 1 && lost[0].told && lost[0].subject === region;
    });
    await see(`${region} is in quarantine`, 60, async () => {
      return (await get(`/v1/regions/${region}`)).quarantine !== null;
    });
  }

  await back();
  await see(`${region} is heard of again`, 30, async () => (await stateOf('lost')).length === 0);
  await mend();
  await see('nothing is open', 60, async () => (await incidents('open')).length === 0);
  await see(`${region} votes again`, 240, async () => {
    return (await get(`/v1/regions/${region}`)).quarantine === null;
  });
});

/** What is really down is said to be, by those who are left. Returns how to mend it. */
async function breakTarget({ breaks, demo, see, incidents }, region) {
  const mend = await breaks(demo({ mode: 'broken', regions: [] }));
  const found = await see('the other regions agree, and an incident opens', 60, async () => {
    return (await incidents('open'))[0];
  });
  if (found.regionsDown.includes(region)) {
    throw new Error(`${region} is silent, and is said to have voted in ${found.id}`);
  }
  return mend;
}
