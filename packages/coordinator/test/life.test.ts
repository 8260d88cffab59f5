/** The life of a monitor and its incident: restarts, edits, takeovers, and gaps in the monitoring. */
import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import { testNetwork } from './support/network.ts';
import { startReceiver } from './support/receiver.ts';
import { until } from './support/until.ts';
import { expectVerified } from './support/verify.ts';

const network = await testNetwork();
const receiver = await startReceiver();
afterAll(() => receiver.close());
await network.start();
const { sql } = network;
beforeEach(() => network.showLogsOnFailure());

const put = (id: string, settings: Record<string, unknown> = {}) =>
  network.api.create(id, settings);

async function opened(id: string, settings: Record<string, unknown> = {}) {
  network.voteAll(id, 'up');
  await put(id, settings);
  await network.api.verdict(id, 'up');
  network.voteAll(id, 'down');
  return network.api.incidentOf(id, 'open');
}

/** Waits for as many new rounds of a monitor. */
async function nextRounds(id: string, count: number): Promise<void> {
  const seen = new Set<string | undefined>([network.agent('eu-1').lastJob(id)?.round]);
  await until(`${count} rounds of ${id}`, () => {
    seen.add(network.agent('eu-1').lastJob(id)?.round);
    return seen.size > count;
  });
}

const stepsOf = async (incident: string) =>
  (await network.api.incident(incident)).records.map(({ step }) => step);

describe('a restart', () => {
  test('in the middle of an incident goes on with it', async () => {
    const incident = await opened('restarted');
    await network.restart();
    const before = (await network.api.rounds('restarted')).data.length;
    await until(
      'rounds after the restart',
      async () => (await network.api.rounds('restarted')).data.length > before + 1,
    );
    expect(await stepsOf(incident.id)).toEqual(['open']);
    network.voteAll('restarted', 'up');
    expect((await network.api.incidentOf('restarted', 'resolved')).id).toBe(incident.id);
    expect((await network.api.incidents('restarted')).data).toHaveLength(1);
    await expectVerified(network, incident.id);
  });

  test('between the first failure and the second still counts the first', async () => {
    network.voteAll('half-confirmed', 'up');
    const slow = { confirm: { rounds: 2, after: '3s' } };
    await put('half-confirmed', slow);
    await network.api.verdict('half-confirmed', 'up');
    network.voteAll('half-confirmed', 'down');
    const first = await until('a round that says down', async () =>
      (await network.api.rounds('half-confirmed')).data.find(({ verdict }) => verdict === 'down'),
    );
    await network.restart();
    const incident = await network.api.incidentOf('half-confirmed', 'open');
    const records = (await network.api.incident(incident.id)).records;
    const payload = Buffer.from(records[0]!.envelope.payload, 'base64').toString();
    expect(payload).toContain(first.id);
    await expectVerified(network, incident.id);
  });

  test('with a clock that was set back still makes evidence that verifies', async () => {
    network.voteAll('set-back', 'up');
    await put('set-back');
    await network.api.verdict('set-back', 'up');
    await network.stop();
    // As if the process before had run on a machine whose clock was 20 s ahead.
    await sql.rows(
      `update monitor_state set state = jsonb_set(state, '{clock}', to_jsonb($1::bigint))
        where monitor = 'set-back'`,
      [Date.now() + 20_000],
    );
    await network.start();
    network.voteAll('set-back', 'down');
    const incident = await network.api.incidentOf('set-back', 'open');
    await expectVerified(network, incident.id);
  });

  test('does not start without a secret key that fits, for that monitor alone', async () => {
    network.voteAll('has-secret', 'up');
    await put('has-secret', { http: { headers: { authorization: 'Bearer hunter2' } } });
    await network.api.verdict('has-secret', 'up');
    await network.stop();
    const path = `${network.config.secretKeyFile}.other`;
    await network.start({ secretKeyFile: path });
    expect(network.logs).toContainEqual(
      expect.objectContaining({ msg: 'a monitor cannot be watched', monitor: 'has-secret' }),
    );
    network.voteAll('beside-secret', 'up');
    await put('beside-secret');
    await network.api.verdict('beside-secret', 'up');
    await network.restart();
  });
});

describe('an edit', () => {
  test('in the middle of an incident keeps it, and a new policy decides its end', async () => {
    const incident = await opened('edited');
    await put('edited', { name: 'Another name', quorum: 'all' });
    expect(await network.api.monitor('edited')).toMatchObject({ revision: 2 });
    network.voteAll('edited', 'up');
    expect((await network.api.incidentOf('edited', 'resolved')).id).toBe(incident.id);
    await expectVerified(network, incident.id);
  });

  test('of the check itself keeps it too, and the evidence holds both checks', async () => {
    const incident = await opened('moved');
    await put('moved', { url: 'https://new-home.example/' });
    network.voteAll('moved', 'up');
    expect((await network.api.incidentOf('moved', 'resolved')).id).toBe(incident.id);
    await expectVerified(network, incident.id);
    const text = new TextDecoder().decode(await network.api.evidence(incident.id));
    const { definitions } = JSON.parse(text) as { definitions: { url: string }[] };
    expect(definitions.map(({ url }) => url)).toEqual([
      'https://moved.example/',
      'https://new-home.example/',
    ]);
  });

  test('between two rounds makes votes for the old check count no more', async () => {
    const eu = network.agent('eu-1');
    eu.behave('rechecked', () => null);
    for (const name of ['ap-1', 'us-1']) network.agent(name).behave('rechecked', () => 'up');
    await put('rechecked', { timeout: '1s' });
    const job = await until('a job', () => eu.lastJob('rechecked'));
    await put('rechecked', { timeout: '1s', url: 'https://elsewhere.example/' });
    const next = await until('a job for the new check', () => {
      const last = eu.lastJob('rechecked');
      return last?.check.digest === job.check.digest ? null : last;
    });
    // The old check's result, in the new check's round.
    const sealed = eu.send(eu.resultOf(next, { check: job.check.digest, outcome: 'down' }));
    await eu.receiptOf(sealed);
    const rows = await sql.rows<{ counted: boolean }>(
      "select counted from result where batch = decode($1, 'hex')",
      [sealed.digest],
    );
    expect(rows).toEqual([{ counted: false }]);
  });

  test('that disables a monitor in the middle of a round ends its rounds, until it is enabled', async () => {
    const incident = await opened('disabled');
    await put('disabled', { enabled: false });
    const eu = network.agent('eu-1');
    // A decision under way may still ask once; another monitor of the same interval tells the time.
    network.voteAll('ticker', 'up');
    await put('ticker');
    await nextRounds('ticker', 2);
    const last = eu.lastJob('disabled')?.round;
    await nextRounds('ticker', 3);
    expect(eu.lastJob('disabled')?.round).toBe(last);
    await put('disabled');
    network.voteAll('disabled', 'up');
    expect((await network.api.incidentOf('disabled', 'resolved')).id).toBe(incident.id);
    expect(eu.lastJob('disabled')?.round).not.toBe(last);
  });
});

describe('a deleted monitor', () => {
  test('cannot go while its incident is open, and its history stays', async () => {
    const incident = await opened('deleted');
    const refused = await network.api.call('DELETE', '/v1/monitors/deleted');
    expect(refused.status).toBe(409);
    expect(refused.body.code).toBe('monitor.busy');
    network.voteAll('deleted', 'up');
    await network.api.incidentOf('deleted', 'resolved');
    expect((await network.api.call('DELETE', '/v1/monitors/deleted')).status).toBe(204);
    expect((await network.api.call('GET', '/v1/monitors/deleted')).status).toBe(404);
    await expectVerified(network, incident.id);
    // An id is never given a second past: the next revision goes on counting.
    expect(await put('deleted')).toMatchObject({ revision: 2 });
  });

  test('opens no incident that is being decided at the same time', async () => {
    // One round an hour, and one at once for each revision: no other round gets in between.
    const settings = { interval: '1h', confirm: { rounds: 1, after: '0s' } };
    network.voteAll('raced', 'up');
    await put('raced', settings);
    await network.api.verdict('raced', 'up');
    const release = await sql.hold(
      "select * from monitor_state where monitor = 'raced' for update",
    );
    network.voteAll('raced', 'down');
    await put('raced', { ...settings, name: 'Revised' });
    // The incident is decided and waits at the state; the deletion overtakes it.
    await until('the commit to wait', () =>
      sql.count(
        'pg_stat_activity',
        "wait_event_type = 'Lock' and query like '%insert into monitor_state%'",
      ),
    );
    const deleted = network.api.call('DELETE', '/v1/monitors/raced');
    expect((await deleted).status).toBe(204);
    await release();
    network.voteAll('witness', 'up');
    await put('witness');
    await network.api.verdict('witness', 'up');
    expect(await sql.count('incident', "monitor = 'raced'")).toBe(0);
  });
});

test('one that cannot listen takes no shard from anybody', async () => {
  const port = Number(new URL(network.coordinator.url).port);
  const running = network.coordinator;
  await expect(network.start({ httpPort: port })).rejects.toMatchObject({
    code: 'port.taken',
    where: 'TM_HTTP_ADDR',
  });
  expect(network.coordinator).toBe(running);
  expect((await network.api.call('GET', '/readyz')).status).toBe(200);
});

describe('when nobody can say anything', () => {
  const hook = { id: 'ops', type: 'webhook', url: receiver.url };
  const aboutMonitoring = () =>
    receiver.messages.filter(({ body }) => String(body['type']).startsWith('monitoring.'));

  test('people are told once for all monitors, and once when it is over', async () => {
    await until('all to be known', async () => (await unknownMonitors()).length === 0);
    await network.api.call('PUT', '/v1/channels/ops', { body: hook });
    const ids = ['gap-1', 'gap-2', 'gap-3', 'gap-4'];
    for (const id of ids) {
      network.voteAll(id, 'up');
      await put(id);
    }
    for (const id of ids) await network.api.verdict(id, 'up');
    for (const id of ids) network.vote(id, { eu: 'up' });
    for (const id of ids) await network.api.verdict(id, 'unknown');
    const [unknown] = await until('to be told', () => {
      const found = aboutMonitoring();
      return found.length > 0 ? found : null;
    });
    expect(unknown?.body).toMatchObject({
      type: 'monitoring.unknown',
      silentRegions: ['ap', 'us'],
    });
    expect(unknown?.body['monitors']).not.toEqual([]);
    expect(network.logs.filter(({ msg }) => msg === 'monitoring unknown')).toHaveLength(1);
    expect((await network.api.incidents('gap-1')).data).toEqual([]);

    for (const id of ids) network.voteAll(id, 'up');
    for (const id of ids) await network.api.verdict(id, 'up');
    await until('to be told that it is over', () =>
      aboutMonitoring().some(({ body }) => body['type'] === 'monitoring.restored'),
    );
    expect(aboutMonitoring().map(({ body }) => body['type'])).toEqual([
      'monitoring.unknown',
      'monitoring.restored',
    ]);
  });

  async function unknownMonitors() {
    const { data } = await network.api.get<{ data: { verdict: string }[] }>(
      '/v1/monitors?limit=200',
    );
    return data.filter(({ verdict }) => verdict === 'unknown');
  }
});
