/** Messages against receivers that misbehave: at least once, under one id, in order, in time. */
import { afterAll, beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { testNetwork } from './support/network.ts';
import { hang, reset, startReceiver, status } from './support/receiver.ts';
import { accept, refuse, startSmtp } from './support/smtp.ts';
import { until } from './support/until.ts';

const network = await testNetwork();
const receiver = await startReceiver();
afterAll(async () => {
  await network.close();
  await receiver.close();
});
await network.start();
const { sql } = network;
beforeEach(() => network.showLogsOnFailure());

/** A channel of its own, and an incident of a monitor that tells it. */
async function incidentFor(channel: string): Promise<string> {
  const url = new URL(`/${channel}`, receiver.url).href;
  await network.api.call('PUT', `/v1/channels/${channel}`, {
    body: { id: channel, type: 'webhook', url },
  });
  network.voteAll(channel, 'up');
  await network.api.create(channel, { alerts: [{ notify: channel }] });
  await network.api.verdict(channel, 'up');
  network.voteAll(channel, 'down');
  return (await network.api.incidentOf(channel, 'open')).id;
}

const attempts = (channel: string, count: number) =>
  until(`${count} attempts at ${channel}`, () => {
    const found = receiver.of(`/${channel}`);
    return found.length >= count ? found : null;
  });

const rowOf = async (channel: string) => {
  const [row] = await sql.rows<{
    attempts: number;
    delivered: boolean;
    given_up: boolean;
    last_error: string | null;
  }>(
    `select attempts, delivered_at is not null as delivered, given_up_at is not null as given_up,
            last_error
       from outbox where channel = $1 order by number limit 1`,
    [channel],
  );
  return row;
};

const delivered = (channel: string) =>
  until(`${channel} to be delivered`, async () => {
    const row = await rowOf(channel);
    return row?.delivered === true ? row : null;
  });

describe.concurrent('a receiver that', () => {
  test('takes it gets it once, with its id and its time', async () => {
    const incident = await incidentFor('good');
    const [message] = await attempts('good', 1);
    expect(await delivered('good')).toMatchObject({ attempts: 1 });
    expect(message?.body).toMatchObject({ type: 'incident.opened', incident });
    expect(message?.id).toMatch(/^[0-9a-f-]{36}$/);
    expect(message?.headers).toMatchObject({
      'content-type': 'application/json',
      'webhook-timestamp': expect.stringMatching(/^\d{10}$/) as string,
    });
    expect(receiver.of('/good')).toHaveLength(1);
    // Whoever looks for the trace finds what was told of it.
    const { id: traceId } = message?.body['trace'] as { id: string };
    expect(network.logs).toContainEqual(
      expect.objectContaining({ msg: 'message delivered', message: message?.id, traceId }),
    );
  });

  test('answers 500 is tried again under the same id', async () => {
    receiver.react('/failing', status(500), status(404));
    await incidentFor('failing');
    const all = await attempts('failing', 3);
    expect(new Set(all.map(({ id }) => id)).size).toBe(1);
    expect(await delivered('failing')).toMatchObject({ attempts: 3 });
  });

  test('asks to be left alone is left alone for so long', async () => {
    receiver.react('/busy', status(429, { 'retry-after': '4' }));
    await incidentFor('busy');
    const [first, second] = await attempts('busy', 2);
    expect(second!.atMs - first!.atMs).toBeGreaterThanOrEqual(3_990);
    expect(second!.id).toBe(first!.id);
  });

  test('resets the connection is tried again', async () => {
    receiver.react('/resetting', reset);
    await incidentFor('resetting');
    await attempts('resetting', 2);
    expect(await delivered('resetting')).toMatchObject({ attempts: 2, last_error: null });
  });

  test('redirects is not followed', async () => {
    receiver.always('/moved', status(302, { location: `${receiver.url}-elsewhere` }));
    await incidentFor('moved');
    await attempts('moved', 2);
    const row = await until('the error to be noted', async () => {
      const found = await rowOf('moved');
      return found?.last_error === null ? null : found;
    });
    expect(row).toMatchObject({ delivered: false, given_up: false });
    expect(row.last_error).toContain('302; redirects are not followed');
    expect(receiver.of('/hook-elsewhere')).toEqual([]);
  });

  test('wants no more gets no more', async () => {
    receiver.react('/gone', status(410));
    await incidentFor('gone');
    await until('it to be given up', async () => (await rowOf('gone'))?.given_up);
    expect(network.logs).toContainEqual(
      expect.objectContaining({ msg: 'message given up', channel: 'gone', retryIn: null }),
    );
    const { text } = await network.api.call('GET', '/metrics');
    expect(text).toMatch(/^trustmonitor_messages_given_up_total [1-9]/m);
    network.voteAll('gone', 'up');
    // The next message is another one.
    const all = await attempts('gone', 2);
    expect(all.map(({ body }) => body['type'])).toEqual(['incident.opened', 'incident.resolved']);
  });

  test('hangs keeps nobody else waiting', async () => {
    receiver.always('/hanging', hang);
    await incidentFor('hanging');
    await attempts('hanging', 1);
    await incidentFor('beside');
    await delivered('beside');
    expect(receiver.of('/hanging')).toHaveLength(1);
    expect(await rowOf('hanging')).toMatchObject({ delivered: false, attempts: 1 });
    receiver.react('/hanging');
  });

  test('fails at first never hears of the end before the beginning', async () => {
    receiver.react('/ordered', status(503), status(503));
    await incidentFor('ordered');
    await attempts('ordered', 1);
    network.voteAll('ordered', 'up');
    await network.api.incidentOf('ordered', 'resolved');
    const all = await attempts('ordered', 4);
    expect(all.map(({ body }) => body['type'])).toEqual([
      'incident.opened',
      'incident.opened',
      'incident.opened',
      'incident.resolved',
    ]);
  });
});

test('a message that is under way when the coordinator stops comes again, under its id', async () => {
  receiver.always('/restarted', hang);
  await incidentFor('restarted');
  const [before] = await attempts('restarted', 1);
  await network.stop();
  receiver.react('/restarted');
  await network.start();
  const all = await attempts('restarted', 2);
  expect(all.every(({ id }) => id === before?.id)).toBe(true);
  // An attempt that was broken off by us says nothing about the receiver.
  expect(await delivered('restarted')).toMatchObject({ attempts: 1 });
});

test('a channel that is gone is given up on', async () => {
  receiver.always('/removed', status(500));
  await incidentFor('removed');
  await attempts('removed', 1);
  // The API refuses this while a monitor names the channel; a restored backup can still do it.
  await network.sql.rows(`delete from channel where id = 'removed'`);
  await until('it to be given up', async () => (await rowOf('removed'))?.given_up);
  expect(await rowOf('removed')).toMatchObject({ last_error: 'the channel is gone' });
});

test('a recipient who is refused is tried again alone, and holds the others up for a while only', async () => {
  let onRcptTo = refuse(451, 'b@example.com');
  const server = await startSmtp({ onRcptTo: (...args) => onRcptTo(...args) });
  onTestFinished(server.close);
  await network.api.call('PUT', '/v1/channels/mail', { body: { ...server.channel } });
  // Of the monitoring itself every channel is told.
  const told = () =>
    server.mails
      .filter(({ text }) => text.includes('Subject: mailed is'))
      .map(({ to }) => to.join());
  const ids = `(select id from outbox where channel = 'mail' and incident is not null
                 order by number`;
  const [first, second] = [`${ids} limit 1)`, `${ids} offset 1 limit 1)`];
  const row = (what: string, id: string, condition: string) =>
    until(what, () => sql.count('outbox', `id = ${id} and ${condition}`));
  network.voteAll('mailed', 'up');
  await network.api.create('mailed', { alerts: [{ notify: 'mail' }] });
  await network.api.verdict('mailed', 'up');
  network.voteAll('mailed', 'down');
  await row('one of them to be refused', first, `recipients = '{b@example.com}'`);
  onRcptTo = accept;
  await row('it to be delivered', first, 'delivered_at is not null');
  expect(told()).toEqual(['a@example.com', 'b@example.com']);

  onRcptTo = refuse(550, 'b@example.com');
  network.voteAll('mailed', 'up');
  await row('it to be refused again', second, `recipients = '{b@example.com}'`);
  await sql.rows(`update outbox set attempts = 9, next_attempt_at = now() where id = ${second}`);
  await row('it to be given up', second, 'given_up_at is not null and attempts = 10');
  expect(told()).toEqual(['a@example.com', 'b@example.com', 'a@example.com']);
});
