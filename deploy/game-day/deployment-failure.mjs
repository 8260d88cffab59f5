#!/usr/bin/env node
// A deployment breaks what it deploys: the gate closes, the roll-back opens it, the record says so.
import { runExercise } from './lib/exercise.mjs';
import { CannotBegin } from './lib/network.mjs';

const USAGE = `Deployment failure: a service goes down just after its deployment.

  node deploy/game-day/deployment-failure.mjs

Should be seen: the gate lets the deployment through; an incident opens; the gate refuses the next one and
names the incident; after the roll-back the incident ends, the gate is open again, and the deployment
counts as failed. In the local stack it makes a monitor of the demo target for this, game-day, and deletes
it. Elsewhere --monitor names one with a label \`service\`.`;

await runExercise(USAGE, async (exercise) => {
  const { call, get, see, holds, breaks, options } = exercise;
  const fault = exercise.demo({ mode: 'broken', regions: [] });
  if (!exercise.isLocal && options.monitor === undefined) {
    throw new CannotBegin('with --break, name with --monitor what the command breaks');
  }
  const monitor = options.monitor ?? (await makeMonitor(exercise, fault.target));
  const { labels } = await get(`/v1/monitors/${monitor}`);
  const service = labels.service;
  if (service === undefined) throw new CannotBegin(`${monitor} has no label \`service\``);
  const began = new Date().toISOString();
  const incidents = async (state) =>
    (await get(`/v1/incidents?monitor=${monitor}&from=${began}&state=${state}`)).data;
  const gate = () => call('POST', '/v1/gate', { service, stage: 'production', version: 'next' });
  const deploy = (version) => call('POST', '/v1/deployments', { service, version });

  await see(
    `the gate lets ${service} through`,
    60,
    async () => (await gate()).outcome === 'allowed',
  );
  const bad = `game-day-${began}`.replaceAll(/[:.]/g, '-');
  await deploy(bad);
  exercise.say(`told: ${bad} of ${service} is in service`);
  const rollBack = await breaks(fault);
  const incident = await see('an incident opens', 90, async () => (await incidents('open'))[0]);
  const refusal = await see('the gate refuses', 15, async () => {
    const answer = await gate();
    return answer.outcome === 'refused' && answer;
  });
  exercise.say(`                      ${refusal.reasons.join('; ')}`);
  await rollBack();
  await deploy(`${bad}-rolled-back`);
  await see('the same incident ends', 90, async () => {
    return (await incidents('resolved')).some(({ id }) => id === incident.id);
  });
  await see('the gate is open again', 60, async () => (await gate()).outcome === 'allowed');
  await holds(`${bad} counts as failed, by its incident`, async () => {
    const { failures } = await get(`/v1/dora?service=${service}&from=${began}`);
    return failures.some((one) => one.version === bad && one.incident === incident.id);
  });
});

async function makeMonitor({ call, see, get, atTheEnd, incidents }, url) {
  const id = 'game-day';
  const input = { name: 'Game day', url, interval: '2s', timeout: '1s', labels: { service: id } };
  await atTheEnd(async () => {
    // One with an open incident cannot be deleted; the demo target is mended by now.
    await see('no incident of it is open', 60, async () => {
      return (await get(`/v1/incidents?monitor=${id}&state=open`)).data.length === 0;
    });
    await see(
      'the demo monitor has none either',
      60,
      async () => (await incidents('open')).length === 0,
    );
    await call('DELETE', `/v1/monitors/${id}`);
  });
  await call('PUT', `/v1/monitors/${id}`, { ...input, confirm: { rounds: 2, after: '2s' } });
  await see(`${id} is up`, 30, async () => (await get(`/v1/monitors/${id}`)).verdict === 'up');
  return id;
}
