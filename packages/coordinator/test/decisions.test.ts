/** From votes to verdicts: who counts, how often, and for what. */
import { formatTimestamp, makeUuid7, type Job } from '@trustmonitor/protocol';
import { randomBytes } from 'node:crypto';
import { beforeEach, describe, expect, test } from 'vitest';
import { testNetwork } from './support/network.ts';
import { until } from './support/until.ts';
import { expectVerified } from './support/verify.ts';

/** Four regions; `eu` and `eu-b` are of one provider. */
const network = await testNetwork([
  { agent: 'ap-1', region: 'ap', group: 'c' },
  { agent: 'eu-1', region: 'eu', group: 'a' },
  { agent: 'eu-b-1', region: 'eu-b', group: 'a' },
  { agent: 'us-1', region: 'us', group: 'b' },
]);
await network.start();
const { api, sql } = network;
beforeEach(() => network.showLogsOnFailure());

const THREE = { regions: ['ap', 'eu', 'us'] };

/** How a monitor's first incident shows, after everybody saw it up once. */
async function afterUp(id: string, settings: Record<string, unknown> = {}): Promise<void> {
  network.voteAll(id, 'up');
  await api.create(id, { ...THREE, ...settings });
  await api.verdict(id, 'up');
}

const roundsOf = async (id: string) => (await api.rounds(id)).data;

/** The first result of a round that an agent sent, as it is stored. */
const storedResult = (round: string, agent: string) =>
  until(`a result of ${agent} in ${round}`, async () => {
    const [row] = await sql.rows<{ counted: boolean; n: number }>(
      `select bool_or(counted) as counted, count(*)::int as n from result
        where round = $1 and agent = $2 having count(*) > 0`,
      [round, agent],
    );
    return row;
  });

describe.concurrent('quorum', () => {
  test('majority: two of three downs are an incident, which is resolved by two ups', async () => {
    await afterUp('majority');
    network.vote('majority', { eu: 'down', us: 'down', ap: 'up' });
    const incident = await api.incidentOf('majority', 'open');
    expect(incident).toMatchObject({ kind: 'down', regionsDown: ['eu', 'us'] });
    expect(incident.reason).toContain('got 503');
    await expectVerified(network, incident.id);
    network.vote('majority', { eu: 'up', us: 'up', ap: 'down' });
    // One still sees it down: no longer down, but partial.
    await api.verdict('majority', 'partial');
    network.voteAll('majority', 'up');
    expect((await api.incidentOf('majority', 'resolved')).id).toBe(incident.id);
    const { records } = await api.incident(incident.id);
    expect(records.map(({ step }) => step)).toEqual(['open', 'update', 'resolve']);
    await expectVerified(network, incident.id);
  });

  test('all: two of three downs are partial, three are down', async () => {
    await afterUp('all', { quorum: 'all' });
    network.vote('all', { eu: 'down', us: 'down', ap: 'up' });
    await api.verdict('all', 'partial');
    expect((await api.incidents('all')).data).toEqual([]);
    network.voteAll('all', 'down');
    await expectVerified(network, (await api.incidentOf('all', 'open')).id);
  });

  test('any: one down is enough', async () => {
    await afterUp('any', { quorum: 'any' });
    network.vote('any', { eu: 'down', us: 'up', ap: 'up' });
    const incident = await api.incidentOf('any', 'open');
    expect(incident.kind).toBe('down');
    await expectVerified(network, incident.id);
  });

  test('partial opens an incident only where the monitor asks for it', async () => {
    await afterUp('partial', { partial: 'incident' });
    network.vote('partial', { eu: 'up', us: 'down', ap: 'up' });
    const incident = await api.incidentOf('partial', 'open');
    expect(incident).toMatchObject({ kind: 'partial', verdict: 'partial', regionsDown: ['us'] });
    await expectVerified(network, incident.id);
  });

  test('two regions in one group have one vote', async () => {
    const settings = { regions: ['eu', 'eu-b', 'us', 'ap'], quorum: '2' };
    await afterUp('groups', settings);
    network.vote('groups', { eu: 'down', 'eu-b': 'down', us: 'up', ap: 'up' });
    await api.verdict('groups', 'partial');
    const partial = (await roundsOf('groups')).find(({ verdict }) => verdict === 'partial');
    expect(partial?.required).toBe(2);
    expect((await api.incidents('groups')).data).toEqual([]);
    network.vote('groups', { eu: 'down', 'eu-b': 'down', us: 'down', ap: 'up' });
    expect((await api.incidentOf('groups', 'open')).kind).toBe('down');
  });

  test('one region alone decides, and is marked as unconfirmed', async () => {
    await afterUp('alone', { regions: ['eu'] });
    expect(await api.monitor('alone')).toMatchObject({ unconfirmed: true });
    network.voteAll('alone', 'down');
    await expectVerified(network, (await api.incidentOf('alone', 'open')).id);
  });
});

describe.concurrent('silence', () => {
  test('abstains: one of three who speak is unknown, and never down', async () => {
    await afterUp('silent');
    network.vote('silent', { eu: 'down' });
    await api.verdict('silent', 'unknown');
    expect((await api.incidents('silent')).data).toEqual([]);
    const unknown = (await roundsOf('silent')).find(({ verdict }) => verdict === 'unknown');
    expect(unknown?.votes).toMatchObject([{ region: 'eu', vote: 'down' }]);
    network.voteAll('silent', 'up');
    await api.verdict('silent', 'up');
  });

  test('of one region leaves the decision to the others', async () => {
    await afterUp('two-left');
    network.vote('two-left', { eu: 'down', us: 'down' });
    expect((await api.incidentOf('two-left', 'open')).regionsDown).toEqual(['eu', 'us']);
  });
});

describe.concurrent('a job', () => {
  test('has the whole check, its time, and goes to one region at a time while all is well', async () => {
    network.voteAll('rotating', 'up');
    await api.create('rotating', { ...THREE, mode: 'rotate' });
    const rotating = await until('three rotating rounds', async () => {
      const found = (await roundsOf('rotating')).filter(({ votes }) => votes.length === 1);
      return found.length >= 3 ? found : null;
    });
    expect(new Set(rotating.map(({ votes }) => votes[0]?.region)).size).toBe(3);
  });

  test('is sent once more to the regions that are silent at half time', async () => {
    const eu = network.agent('eu-1');
    const us = network.agent('us-1');
    for (const name of ['ap-1', 'us-1']) network.agent(name).behave('resent', () => 'up');
    await api.create('resent', { ...THREE, interval: '2s', timeout: '2s' });
    const first = await eu.nextJob('resent');
    const again = await eu.nextJob('resent');
    expect(again.round).toBe(first.round);
    expect(again.expiresInMs).toBeLessThan(first.expiresInMs);
    expect(us.jobs.some(({ monitor }) => monitor === 'resent')).toBe(false);
    eu.behave('resent', () => 'up');
  });
});

describe.concurrent('a vote that does not count is stored all the same', () => {
  /** `eu` answers by hand, the others by themselves. */
  async function byHand(id: string, settings: { timeout?: string } = {}): Promise<Job> {
    for (const name of ['ap-1', 'us-1']) network.agent(name).behave(id, () => 'up');
    await api.create(id, { ...THREE, ...settings });
    return network.agent('eu-1').nextJob(id);
  }
  const eu = network.agent('eu-1');

  test('because its round is over', async () => {
    const job = await byHand('late');
    await until('the round to be over', async () =>
      (await roundsOf('late')).some(({ id }) => id === job.round),
    );
    const sealed = eu.answer(job, 'down');
    expect(await eu.receiptOf(sealed)).toMatchObject({ status: 'committed' });
    expect(await storedResult(job.round, 'eu-1')).toEqual({ counted: false, n: 1 });
    const round = await api.round(job.round);
    expect(round.votes.map(({ region }) => region)).not.toContain('eu');
    expect(round.results.find(({ result }) => result.agent === 'eu-1')).toMatchObject({
      counted: false,
    });
  });

  test('because there is no such round, monitor or check', async () => {
    // The round is still to be open when all of this is stored.
    const job = await byHand('foreign', { timeout: '1s' });
    const made = (changes: Partial<ReturnType<typeof eu.resultOf>>) =>
      eu.resultOf(job, { outcome: 'down', ...changes });
    const now = Date.now();
    const other = [
      made({ round: makeUuid7(now, randomBytes(10)) }),
      made({ round: makeUuid7(now + 10 * 86_400_000, randomBytes(10)) }),
      made({ monitor: 'no-such-monitor', attempt: 2 }),
      made({ check: 'ab'.repeat(32), attempt: 3 }),
    ];
    const sealed = eu.send(...other);
    expect(await eu.receiptOf(sealed)).toMatchObject({ status: 'committed' });
    expect(await sql.count('result', "batch = decode($1, 'hex')", [sealed.digest])).toBe(4);
    expect(
      await sql.count('result', "batch = decode($1, 'hex') and counted", [sealed.digest]),
    ).toBe(0);
    // Its place in the round is still its own.
    await eu.receiptOf(eu.answer(job, 'up'));
    expect(await storedResult(job.round, 'eu-1')).toMatchObject({ counted: true });
  });

  test('because its agent has the wrong time, and the agent is shown to have it', async () => {
    const job = await byHand('skewed');
    for (const [attempt, offMs] of [600_000, -600_000].entries()) {
      const startedAt = formatTimestamp(Date.now() + offMs);
      const result = eu.resultOf(job, { outcome: 'down', startedAt, attempt: attempt + 1 });
      eu.publish(eu.seal([result], { sealedAtMs: Date.now() + offMs }).message);
    }
    // Dates that are none are no time at all.
    const never = eu.resultOf(job, { startedAt: '2026-99-99T99:99:99.999Z', attempt: 3 });
    expect(await eu.receiptOf(eu.send(never))).toMatchObject({ status: 'committed' });
    expect(await storedResult(job.round, 'eu-1')).toEqual({ counted: false, n: 3 });
    await eu.beat({ skewMs: 600_000 });
    const { data } = await api.agents();
    expect(data.find(({ agent }) => agent === 'eu-1')).toMatchObject({
      state: 'alive',
      skewMs: 600_000,
    });
  });

  test('because it is not the final attempt', async () => {
    const job = await byHand('retries');
    const attempt = (n: number, final: boolean, outcome: 'up' | 'down') =>
      eu.resultOf(job, { attempt: n, final, outcome });
    eu.send(attempt(1, false, 'down'), attempt(2, false, 'down'));
    eu.send(attempt(3, true, 'up'));
    const round = await until('the round to be over', async () => {
      const { status, body } = await api.call<Awaited<ReturnType<typeof api.round>>>(
        'GET',
        `/v1/rounds/${job.round}`,
      );
      return status === 200 ? body : null;
    });
    expect(round.votes).toContainEqual({ region: 'eu', agent: 'eu-1', vote: 'up', slow: false });
    const mine = round.results.filter(({ result }) => result.agent === 'eu-1');
    expect(mine.map(({ result, counted }) => [result.attempt, counted])).toEqual([
      [1, false],
      [2, false],
      [3, true],
    ]);
  });

  test('because its region has voted: the first vote stands', async () => {
    const job = await byHand('twice');
    eu.send(eu.resultOf(job, { outcome: 'up' }), eu.resultOf(job, { outcome: 'down', attempt: 2 }));
    const rows = await until('both to be stored', async () => {
      const found = await sql.rows<{ attempt: number; counted: boolean }>(
        `select attempt, counted from result
          where round = $1 and agent = 'eu-1' order by attempt`,
        [job.round],
      );
      return found.length === 2 ? found : null;
    });
    expect(rows).toEqual([
      { attempt: 1, counted: true },
      { attempt: 2, counted: false },
    ]);
  });

  test('because its agent said otherwise before: what is stored is what decides', async () => {
    // The same attempt under another check first, then as a vote: only the first is stored, so
    // the second must not decide, or an incident would have no evidence.
    network.behave('contradicts', (job, agent) => {
      const lie = agent.resultOf(job, { outcome: 'down', check: 'ab'.repeat(32) });
      agent.send(lie);
      return 'down';
    });
    await api.create('contradicts', THREE);
    await api.verdict('contradicts', 'unknown');
    expect((await api.incidents('contradicts')).data).toEqual([]);
    network.voteAll('contradicts', 'down');
    await expectVerified(network, (await api.incidentOf('contradicts', 'open')).id);
  });
});

test('a monitor that nobody can probe any more is unknown, not what it was last', async () => {
  await afterUp('orphan');
  // As a key ring without its regions would leave it.
  await sql.rows(
    `update monitor_revision set definition = jsonb_set(definition, '{regions}', '["gone"]')
      where monitor = 'orphan'`,
  );
  await network.restart();
  await network.api.verdict('orphan', 'unknown');
});
