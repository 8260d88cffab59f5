/** Channels from the command line: listed, tested, and what they were sent. */
import { expect, test } from 'vitest';
import { EXIT } from '../src/exit.ts';
import { fakeApi } from './fake-api.ts';
import { tm } from './harness.ts';

const delivery = (lastError: string | null) => ({
  ...{ id: '01980f5e-2b7c-7d3a-9c41-5f0e8a6b2d17', channel: 'ops', incident: null },
  ...{ type: 'channel.test', state: lastError === null ? 'delivered' : 'given_up', attempts: 1 },
  ...{ createdAt: '2026-01-31T12:00:00.000Z', lastError, nextAttemptAt: null },
  endedAt: '2026-01-31T12:00:01.000Z',
});
const REFUSED = 'the receiver answered 404: no_service';

test('channels are listed, tested and asked for their log', async () => {
  const slack = { id: 'ops', type: 'slack', url: { secretRef: 'url' } };
  const { url, asked } = await fakeApi(({ method, url: path }) => {
    if (method === 'POST') return { body: delivery(path.includes('/bad/') ? REFUSED : null) };
    const data = path.includes('/deliveries') ? [delivery(REFUSED), delivery(null)] : [slack];
    return { body: { data, nextCursor: null } };
  });
  const env = { TM_URL: url, TM_TOKEN: 't' };
  const listed = await tm(['channels'], { env });
  expect(listed).toMatchObject({ code: EXIT.ok, stdout: 'CHANNEL  TYPE\nops      slack\n' });
  const good = await tm(['channels', 'test', 'ops'], { env });
  expect(good).toMatchObject({ code: EXIT.ok, stdout: 'ops took the test message.\n' });
  const bad = await tm(['channels', 'test', 'bad'], { env });
  expect([bad.code, bad.stdout]).toEqual([EXIT.failed, expect.stringContaining(REFUSED)]);
  const log = await tm(['channels', 'deliveries', 'ops', '--limit', '2'], { env });
  expect(log.stdout.split('\n').slice(1, 3)).toEqual([
    expect.stringContaining(`given up       1  ${REFUSED}`),
    expect.stringContaining('delivered      1'),
  ]);
  expect(asked.map(({ method, url: path }) => `${method} ${path.split('?')[0]}`)).toEqual([
    'GET /v1/channels',
    'POST /v1/channels/ops/test',
    'POST /v1/channels/bad/test',
    'GET /v1/channels/ops/deliveries',
  ]);
});
