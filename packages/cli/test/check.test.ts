import { describe, expect, test } from 'vitest';
import { EXIT } from '../src/exit.ts';
import { fakeApi } from './fake-api.ts';
import { tm } from './harness.ts';

const ID = '01900000-0000-7000-8000-000000000001';
const AT = '2026-01-31T12:00:00.000Z';

const STARTED = {
  type: 'check.started',
  id: ID,
  at: AT,
  target: 'https://shop.example/',
  members: [
    { region: 'eu-west', group: 'a' },
    { region: 'us-east', group: 'b' },
  ],
  required: 2,
  timeoutMs: 10_000,
};

const PHASES = {
  resolveUs: 2_000,
  connectUs: 10_000,
  tlsUs: null,
  processingUs: 20_000,
  transferUs: 8_000,
  totalUs: 40_000,
};

const resultOf = (region: string, vote: string | null, failure: object | null = null) => ({
  type: 'check.result',
  id: ID,
  region,
  agent: `${region}-1`,
  vote,
  result: {
    v: 1,
    network: 'local',
    agent: `${region}-1`,
    region,
    monitor: 'one-off',
    check: 'ab'.repeat(32),
    round: ID,
    attempt: 1,
    final: vote !== null,
    outcome: vote ?? 'down',
    failure,
    startedAt: AT,
    durationMs: 40,
    phases: PHASES,
    response: null,
    selfCheck: { canaries: null, loopDelayUs: 0, queued: 0 },
  },
});

const REFUSED = {
  class: 'connect_refused',
  attribution: 'target',
  detail: '192.0.2.1:443 refused the connection',
};

const verdictOf = (verdict: string, up: string[], down: string[], abstained: string[]) => ({
  type: 'check.verdict',
  id: ID,
  at: AT,
  verdict,
  required: 2,
  up,
  down,
  abstained,
});

async function check(args: readonly string[], steps: readonly object[]) {
  const lines = steps.map((step) => `${JSON.stringify(step)}\n`).join('');
  const api = await fakeApi(() => ({ body: lines }));
  const env = { TM_URL: api.url, TM_TOKEN: 't' };
  return { ...(await tm(['check', ...args], { env })), asked: api.asked };
}

const UP = [
  STARTED,
  resultOf('eu-west', 'up'),
  resultOf('us-east', 'up'),
  verdictOf('up', ['eu-west', 'us-east'], [], []),
];

describe('check', () => {
  test('shows each region, then the verdict, and asks for what was said', async () => {
    const args = ['shop.example', '--from', 'eu,us-east', '--timeout', '5s', '--quorum', 'all'];
    const asserts = ['--assert', 'status == 200', '--assert', 'latency < 1s'];
    const ran = await check([...args, ...asserts], UP);
    expect(ran.asked[0]).toMatchObject({
      method: 'POST',
      url: '/v1/checks',
      authorization: 'Bearer t',
      body: {
        url: 'https://shop.example',
        regions: ['eu', 'eu-*', 'us-east', 'us-east-*'],
        timeout: '5s',
        quorum: 'all',
        assertions: ['status == 200', 'latency < 1s'],
      },
    });
    expect(ran.stdout.split('\n')).toEqual([
      'eu-west  up          40.0ms',
      'us-east  up          40.0ms',
      'up: 2 up; 2 must agree',
      '',
    ]);
    expect(ran.stderr).toBe('https://shop.example/ from eu-west, us-east; 2 must agree\n');
    expect(ran.code).toBe(EXIT.ok);
  });

  test('draws the phases one after the other', async () => {
    const { stdout } = await check(['https://shop.example/', '--timing'], UP);
    expect(stdout.split('\n').slice(1, 5)).toEqual([
      `  resolve        2.0ms  ${'█'.repeat(2)}`,
      `  connect       10.0ms  ${' '.repeat(2)}${'█'.repeat(10)}`,
      `  processing    20.0ms  ${' '.repeat(12)}${'█'.repeat(20)}`,
      `  transfer       8.0ms  ${' '.repeat(32)}${'█'.repeat(8)}`,
    ]);
  });

  test('ends with 1 for down, and says why', async () => {
    const steps = [
      STARTED,
      resultOf('eu-west', null, REFUSED),
      resultOf('eu-west', 'down', REFUSED),
      resultOf('us-east', 'down', REFUSED),
      verdictOf('down', [], ['eu-west', 'us-east'], []),
    ];
    const { code, stdout } = await check(['https://shop.example/'], steps);
    expect(code).toBe(EXIT.failed);
    expect(stdout).toMatch(/^eu-west {2}retry .*connect_refused: 192\.0\.2\.1:443 refused/);
    expect(stdout).toContain('down: 2 down; 2 must agree');
  });

  test.each([
    ['degraded', EXIT.ok],
    ['partial', EXIT.indeterminate],
    ['unknown', EXIT.indeterminate],
  ])('a verdict of %s ends with %i', async (verdict, exit) => {
    const silent = { type: 'check.silent', id: ID, region: 'us-east' };
    const steps = [STARTED, silent, verdictOf(verdict, ['eu-west'], [], ['us-east'])];
    const { code, stdout } = await check(['https://shop.example/'], steps);
    expect(code).toBe(exit);
    expect(stdout).toContain('us-east  silent   no answer in time: no vote');
    expect(stdout).toContain(`${verdict}: 1 up, 1 without a vote; 2 must agree`);
  });

  test('is one line of JSON for each step', async () => {
    const { stdout } = await check(['https://shop.example/', '--json'], UP);
    const steps = stdout.trimEnd().split('\n');
    expect(steps.map((line) => JSON.parse(line) as unknown)).toEqual(UP);
  });

  test.each([
    ['tcp://db.example:5432', { type: 'tcp', host: 'db.example', port: 5432 }],
    ['dns://shop.example', { type: 'dns', host: 'shop.example' }],
    ['wss://shop.example/live', { type: 'websocket', url: 'wss://shop.example/live' }],
  ])('%s is a check of its own kind', async (target, body) => {
    const { asked } = await check([target], UP);
    expect(asked[0]?.body).toEqual(body);
  });

  test.each([
    [['gopher://shop.example'], EXIT.usage, 'is not something to check'],
    [['https://shop.example/', '--from', 'eu,mars'], EXIT.usage, 'no region is called mars'],
  ])('%j is refused', async (args, exit, said) => {
    const { code, stdout, stderr } = await check(args, UP);
    expect([code, stdout]).toEqual([exit, '']);
    expect(stderr).toContain(said);
  });

  test('is not up when the stream ends before the verdict', async () => {
    const { code, stderr } = await check(['https://shop.example/'], UP.slice(0, 3));
    expect(code).toBe(EXIT.unreachable);
    expect(stderr).toContain('broken off before its verdict');
  });
});
