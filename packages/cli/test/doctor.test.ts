import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { AgentResource, SystemResource } from '@trustmonitor/protocol';
import { describe, expect, test } from 'vitest';
import { nodeFinding } from '../src/doctor/machine.ts';
import { examineNetwork } from '../src/doctor/network.ts';
import { EXIT } from '../src/exit.ts';
import { fakeApi, problem, type FakeAnswer } from './fake-api.ts';
import { scratchFolder, tm } from './harness.ts';

const NOW = '2026-01-31T12:00:00.000Z';
const IN_A_YEAR = '2027-01-31T12:00:00.000Z';

type Stored = NonNullable<SystemResource['stored']>;
const STORED: Stored = {
  database: { version: '17.2', bytes: 12_345_678, skewMs: 3 },
  coordinators: 1,
  outbox: { waiting: 0, oldestSeconds: 0, givenUp: 0 },
  log: { size: 40, witnesses: 3, checkpoint: { size: 40, ageSeconds: 2.4, cosignatures: 3 } },
};

const SYSTEM: SystemResource = {
  network: 'local',
  at: NOW,
  coordinator: { version: '0.0.0-test', node: '20.19.0', startedAt: NOW, lagMs: 0 },
  health: {
    status: 'ok',
    checks: [
      { name: 'database', ok: true, detail: 'reachable' },
      { name: 'lease', ok: true, detail: 'decides about 16 of 16 shards' },
    ],
  },
  broker: { connected: true, rttMs: 1 },
  keyring: {
    version: 3,
    expiresAt: IN_A_YEAR,
    root: { threshold: 1, keys: 1 },
    delegationExpiresAt: IN_A_YEAR,
  },
  stored: STORED,
};

const agent = (name: string, changes: Partial<AgentResource> = {}): AgentResource => ({
  agent: name,
  region: name.slice(0, 2),
  group: 'g',
  state: 'alive',
  version: '0.0.0-test',
  lastSeenAt: NOW,
  skewMs: 1,
  spooledBatches: 0,
  agreement: 1,
  abstention: 0,
  refused: 0,
  forged: 0,
  replayed: 0,
  flaggedAt: null,
  flagged: false,
  doubtfulMonitors: [],
  ...{ quarantined: false, drain: null, regionDrained: false },
  ...changes,
});
const AGENTS = [agent('eu-1'), agent('eu-2'), agent('us-1')];

interface Changes {
  readonly system?: Partial<SystemResource>;
  readonly stored?: Partial<Stored>;
  readonly agents?: readonly AgentResource[];
  readonly nowMs?: number;
}

/** What is not ok, as `level name: seen`. */
function wrong({ system = {}, stored = {}, agents = AGENTS, nowMs = Date.parse(NOW) }: Changes) {
  const whole = { ...SYSTEM, stored: { ...STORED, ...stored }, ...system };
  const parts = { system: whole, agents, nowMs, version: '0.0.0-test', url: 'http://a', tookMs: 2 };
  const findings = examineNetwork(parts);
  for (const { level, advice } of findings) expect(advice === null).toBe(level === 'ok');
  return findings
    .filter(({ level }) => level !== 'ok')
    .map(({ level, name, seen }) => `${level} ${name}: ${seen}`);
}

const daysLater = (days: number) => new Date(Date.parse(NOW) + days * 86_400_000).toISOString();

describe('the network', () => {
  test('has nothing wrong with it when nothing is', () => expect(wrong({})).toEqual([]));

  test.each<[string, Changes, RegExp]>([
    ['a database that is away', { system: { stored: null } }, /^fail database: reachable/],
    [
      'a database whose clock is off',
      { stored: { database: { version: '17', bytes: 1, skewMs: -9_000 } } },
      /^warn database: .* 9s behind/,
    ],
    [
      'a broker that is away',
      { system: { broker: { connected: false, rttMs: null } } },
      /^fail broker: .*not connected/,
    ],
    [
      'a broker that hangs',
      { system: { broker: { connected: true, rttMs: null } } },
      /^fail broker: .*does not answer/,
    ],
    [
      'a slow broker',
      { system: { broker: { connected: true, rttMs: 900 } } },
      /^warn broker: .*900ms/,
    ],
    ['a clock that is off', { nowMs: Date.parse(NOW) - 90_000 }, /^warn clock: .*1m30s ahead of/],
    [
      'rounds that are late',
      { system: { coordinator: { ...SYSTEM.coordinator, lagMs: 31_000 } } },
      /^fail deciding: .*31s late/,
    ],
    [
      'another version',
      { system: { coordinator: { ...SYSTEM.coordinator, version: '9.9.9' } }, agents: [] },
      /^warn versions: coordinator 9\.9\.9/,
    ],
    ['no agents', { agents: [] }, /^fail agents: none/],
    [
      'a lost agent with a stand-in',
      { agents: [agent('eu-1', { state: 'lost' }), agent('eu-2')] },
      /^warn agent eu-1: nothing heard since .*stand in/,
    ],
    [
      'a region that is lost',
      { agents: [agent('eu-1'), agent('us-1', { state: 'never_seen' })] },
      /^fail agent us-1: never heard of.* us has no vote/,
    ],
    [
      'an agent with a clock that is off',
      { agents: [agent('eu-1', { skewMs: -61_000 })] },
      /^fail agent eu-1: .*1m1s behind/,
    ],
    [
      'an agent of another version',
      { agents: [agent('eu-1', { version: '0.0.1' })] },
      /^warn agent eu-1: version 0\.0\.1/,
    ],
    [
      'an agent that is flagged',
      { agents: [agent('eu-1', { flagged: true, doubtfulMonitors: ['shop'] })] },
      /^warn agent eu-1: .*on shop/,
    ],
    [
      'an agent that is not receipted',
      { agents: [agent('eu-1', { spooledBatches: 500 })] },
      /^warn agent eu-1: 500 batches/,
    ],
    [
      'an agent that is drained, and away',
      {
        agents: [
          agent('eu-1', {
            state: 'lost',
            drain: { since: NOW, by: 'ann', reason: 'new disks', confirmed: false },
          }),
          agent('us-1'),
        ],
      },
      /^warn agent eu-1: drained by ann since .*: new disks/,
    ],
    [
      'a region that is drained',
      { agents: [agent('eu-1'), agent('us-1', { regionDrained: true, state: 'lost' })] },
      /^warn agent us-1: its region us is drained/,
    ],
    [
      'a key ring that expired',
      { system: { keyring: { ...SYSTEM.keyring, expiresAt: daysLater(-1) } } },
      /^fail key ring: .*expired/,
    ],
    [
      'a key ring that soon expires',
      { system: { keyring: { ...SYSTEM.keyring, expiresAt: daysLater(3) } } },
      /^warn key ring: .*2026-02-03/,
    ],
    [
      'a root that can be lost',
      { system: { keyring: { ...SYSTEM.keyring, root: { threshold: 2, keys: 2 } } } },
      /^warn key ring: .*2 of 2/,
    ],
    [
      'an enrolment key that expired',
      { system: { keyring: { ...SYSTEM.keyring, delegationExpiresAt: daysLater(-1) } } },
      /^warn enrolment: .*no longer join/,
    ],
    ['no log', { stored: { log: null } }, /^warn log: the network keeps none/],
    [
      'a log that nobody cosigns',
      { stored: { log: { size: 9, witnesses: 3, checkpoint: null } } },
      /^warn log: 9 leaves/,
    ],
    [
      'a log whose heads are old',
      {
        stored: {
          log: { size: 9, witnesses: 3, checkpoint: { size: 8, ageSeconds: 700, cosignatures: 2 } },
        },
      },
      /^fail log: .*2 of 3 witnesses, 11m40s ago/,
    ],
    [
      'messages that nobody takes',
      { stored: { outbox: { waiting: 2, oldestSeconds: 700, givenUp: 0 } } },
      /^fail notifications: 2 messages .*11m40s/,
    ],
    [
      'messages that were given up',
      { stored: { outbox: { waiting: 0, oldestSeconds: 0, givenUp: 1 } } },
      /^warn notifications: 1 message given up/,
    ],
  ])('%s', (_what, changes, expected) => {
    expect(wrong(changes)[0]).toMatch(expected);
  });

  test('a log that is at rest may be as old as it likes', () => {
    const checkpoint = { size: 40, ageSeconds: 86_400, cosignatures: 3 };
    expect(wrong({ stored: { log: { size: 40, witnesses: 3, checkpoint } } })).toEqual([]);
  });
});

test('an old Node is named', () => {
  expect(['20.19.0', '22.1.0', '20.18.3', '18.20.1'].map((v) => nodeFinding(v).level)).toEqual([
    'ok',
    'ok',
    'fail',
    'fail',
  ]);
});

describe('the command', () => {
  const answers =
    (system: SystemResource) =>
    ({ url }: { url: string }): FakeAnswer =>
      url === '/v1/system'
        ? { body: { ...system, at: new Date().toISOString() } }
        : { body: { data: AGENTS, nextCursor: null } };
  const ask = async (answer: (asked: { url: string }) => FakeAnswer, ...args: string[]) =>
    tm(['doctor', ...args], { env: { TM_URL: (await fakeApi(answer)).url, TM_TOKEN: 't' } });

  test('is content, in words and as JSON', async () => {
    const ran = await ask(answers(SYSTEM));
    expect(ran).toMatchObject({ code: EXIT.ok, stderr: '' });
    expect(ran.stdout).toMatch(/^ok {4}api +http:\S+ answers for the network local in \d+ms\n/);
    expect(ran.stdout).toMatch(/\nall is well\n$/);
    const json = JSON.parse((await ask(answers(SYSTEM), '--json')).stdout) as { level: string };
    expect(json.level).toBe('ok');
  });

  test('ends with 1 when something is wrong, and says what to do', async () => {
    const ran = await ask(answers({ ...SYSTEM, broker: { connected: false, rttMs: null } }));
    expect(ran.code).toBe(EXIT.failed);
    expect(ran.stdout).toMatch(/fail {2}broker +the coordinator is not connected\n +try: start/);
    expect(ran.stdout).toMatch(/1 thing wrong, 0 warnings\n$/);
  });

  test('ends with 5 when nothing answers, and tells of this machine all the same', async () => {
    const data = await scratchFolder();
    const url = 'http://127.0.0.1:1';
    // No process has this id: Linux ends at 2^22.
    const pids = { coordinator: 2 ** 22 + 1 };
    const stack = { apiUrl: url, coordinators: [{ url, pid: 1 }], natsUrl: '', pids, demo: null };
    await writeFile(join(data, 'stack.json'), JSON.stringify(stack));
    await writeFile(join(data, 'admin.token'), 'local-token');
    const ran = await tm(['doctor', '--data', data]);
    expect(ran.code).toBe(EXIT.unreachable);
    expect(ran.stdout).toMatch(/^fail {2}api .*refused \(api\.unreachable\)\n +try: /);
    expect(ran.stdout).toMatch(/\nfail {2}processes +not running: coordinator\n/);
    expect(ran.stdout).toMatch(/\n(?:ok|warn) +disk +[\d.]+ [MG]B free for /);
  });

  test('ends with 4 when the token may not look', async () => {
    expect((await ask(() => problem(403, 'auth.forbidden'))).code).toBe(EXIT.notAllowed);
  });
});
