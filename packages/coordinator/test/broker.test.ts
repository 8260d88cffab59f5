/** The broker stops answering: nothing is decided wrongly, it is said, and all goes on after it. */
import { expect, test } from 'vitest';
import { testNetwork } from './support/network.ts';
import { until } from './support/until.ts';

const network = await testNetwork();
await network.start();
const { api } = network;

const health = () =>
  api.call<{ checks: { name: string; ok: boolean; detail: string }[] }>('GET', '/readyz');
const brokerCheck = async () => (await health()).body.checks.find(({ name }) => name === 'broker');

test('a paused broker is away in readiness, and nothing comes of the silence but unknown', async () => {
  network.showLogsOnFailure();
  network.voteAll('through-it-all', 'up');
  await api.create('through-it-all');
  await api.verdict('through-it-all', 'up');
  expect(await brokerCheck()).toEqual({ name: 'broker', ok: true, detail: 'connected' });

  process.kill(network.brokerPid, 'SIGSTOP');
  try {
    await api.verdict('through-it-all', 'unknown');
    // Its connection stands; that it does not answer is found out by pings.
    await until('readiness to say so', async () => (await brokerCheck())?.ok === false);
    const { status, body } = await health();
    expect(status).toBe(503);
    expect(body.checks.filter(({ ok }) => !ok)).toEqual([
      { name: 'broker', ok: false, detail: 'away' },
    ]);
    // What needs no broker works.
    expect((await api.monitor('through-it-all')).openIncident).toBeNull();
  } finally {
    process.kill(network.brokerPid, 'SIGCONT');
  }

  await until('readiness', async () => (await health()).status === 200);
  await api.verdict('through-it-all', 'up');
  expect((await api.incidents('through-it-all')).data).toEqual([]);
  network.voteAll('through-it-all', 'down');
  await api.incidentOf('through-it-all', 'open');
}, 40_000);
