import { readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ERROR_CATALOGUE, type ErrorCode } from '@trustmonitor/protocol';
import { describe, expect, test } from 'vitest';
import { EXIT } from '../src/exit.ts';
import { exitCodeOf } from '../src/output/exit-of-error.ts';
import { problem, tmWith, type Asked, type FakeAnswer } from './fake-api.ts';
import { scratchFolder, tm } from './harness.ts';

const ID = '01900000-0000-7000-8000-000000000001';

const INCIDENT = {
  id: ID,
  monitor: 'shop',
  monitorName: 'Shop',
  target: 'https://shop.example',
  state: 'open',
  verdict: 'down',
  kind: 'down',
  openedAt: '2026-01-31T12:00:00.000Z',
  resolvedAt: null,
  regionsDown: ['eu-west', 'us-east'],
  regions: ['ap-south', 'eu-west', 'us-east'],
  reason: 'an unexpected 5xx status',
  acknowledged: null,
};

const page = (...data: object[]): FakeAnswer => ({ body: { data, nextCursor: null } });

describe('the exit code', () => {
  test('is 0 for help and the version, on stdout', async () => {
    const help = await tm(['--help']);
    expect(help).toMatchObject({ code: EXIT.ok, stderr: '' });
    for (const word of ['up', 'apply', 'incidents', 'verify', 'TM_DATA_DIR', 'Exit codes']) {
      expect(help.stdout).toContain(word);
    }
    expect(await tm(['--version'])).toEqual({ code: 0, stdout: '0.0.0-test\n', stderr: '' });
  });

  test.each([
    [['aply']],
    [['apply']],
    [['apply', 'a', 'b']],
    [['rounds', 'shop', '--limit', 'many']],
    [['verify', 'b.json']],
    [['verify', 'b.json', '--root', 'r', '--format', 'xml']],
    [['demo', 'break', '--hard', '--region', 'eu-west']],
    [['up', '--no-such-option']],
    [[]],
  ])('is 2 for the usage %j, which is said on stderr', async (args) => {
    const { code, stdout, stderr } = await tm(args);
    expect([code, stdout]).toEqual([EXIT.usage, '']);
    expect(stderr).not.toBe('');
  });

  test('a misspelt command is guessed', async () => {
    expect((await tm(['aply'])).stderr).toContain('Did you mean apply?');
  });

  test.each([
    ['input.malformed', EXIT.usage],
    ['input.invalid', EXIT.usage],
    ['quorum.unreachable', EXIT.usage],
    ['config.invalid', EXIT.usage],
    ['not_found', EXIT.notFound],
    ['auth.missing', EXIT.notAllowed],
    ['auth.refused', EXIT.notAllowed],
    ['auth.forbidden', EXIT.notAllowed],
    ['data.unwritable', EXIT.notAllowed],
    ['api.unreachable', EXIT.unreachable],
    ['stack.not_running', EXIT.unreachable],
    ['nats.unavailable', EXIT.unreachable],
    ['stack.running', EXIT.failed],
    ['port.taken', EXIT.failed],
    ['internal', EXIT.failed],
  ] as const)('of %s is %i', (code, exit) => {
    expect(exitCodeOf(code)).toBe(exit);
  });

  test('is never 0 for an error', () => {
    const codes = Object.keys(ERROR_CATALOGUE) as ErrorCode[];
    expect(codes.filter((code) => exitCodeOf(code) === EXIT.ok)).toEqual([]);
  });

  test.each([
    [404, 'not_found', EXIT.notFound],
    [401, 'auth.refused', EXIT.notAllowed],
    [403, 'auth.forbidden', EXIT.notAllowed],
    [500, 'internal', EXIT.failed],
  ])('follows the API: %i %s', async (status, code, exit) => {
    const ran = await tmWith(['incidents', 'show', ID], () => problem(status, code));
    expect([ran.code, ran.stdout]).toEqual([exit, '']);
    expect(ran.stderr).toContain(`error: what happened in this case`);
    expect(ran.stderr).toContain(`code:  ${code}`);
  });

  test('is 5 when nothing runs, with what to do', async () => {
    const { code, stderr } = await tm(['monitors']);
    expect(code).toBe(EXIT.unreachable);
    expect(stderr).toContain('error: no stack runs in /nonexistent/data');
    expect(stderr).toContain('`trustmonitor up`');
  });
});

describe('incidents', () => {
  test('are a table for people', async () => {
    const { stdout, stderr, code } = await tmWith(['incidents'], () => page(INCIDENT));
    const [header, row] = stdout.split('\n');
    expect([code, stderr]).toEqual([0, '']);
    expect(header).toMatch(/^INCIDENT +MONITOR +STATE +OPENED +LASTED +SEEN BY +REASON$/);
    expect(row).toMatch(
      /shop +open: down +2026-01-31 12:00:00Z .* 2 of 3 +an unexpected 5xx status$/,
    );
  });

  test('are JSON for programs, whole and without colours', async () => {
    const { stdout } = await tmWith(['incidents', '--json'], () => page(INCIDENT), {
      stdoutIsTerminal: true,
    });
    expect(JSON.parse(stdout)).toEqual([INCIDENT]);
  });

  test('are an empty list for programs, and a sentence on stderr for people', async () => {
    expect(await tmWith(['incidents', '--json'], () => page())).toMatchObject({ stdout: '[]\n' });
    expect(await tmWith(['incidents'], () => page())).toMatchObject({
      stdout: '',
      stderr: 'No incidents so far.\n',
    });
  });

  test('that are open are asked for as such', async () => {
    const { asked } = await tmWith(['incidents', '--open', '-n', '3'], () => page(INCIDENT));
    expect(asked[0]?.url).toBe('/v1/incidents?state=open&limit=3');
  });

  test('have colours on a terminal, unless NO_COLOR says no', async () => {
    const onTerminal = { stdoutIsTerminal: true };
    const coloured = await tmWith(['incidents'], () => page(INCIDENT), onTerminal);
    expect(coloured.stdout).toContain('\u001B[31mopen: down\u001B[39m');
    const plain = await tmWith(['incidents'], () => page(INCIDENT), {
      ...onTerminal,
      env: { NO_COLOR: '1' },
    });
    expect(plain.stdout).not.toContain('\u001B');
  });

  test('one by one, with its options after `show`', async () => {
    const records = [{ digest: 'ab'.repeat(32), step: 'open', recordedAt: INCIDENT.openedAt }];
    const envelope = {
      payloadType: 'application/vnd.in-toto+json',
      payload: 'e30=',
      signatures: [{ keyid: 'k', sig: 'AAAA' }],
    };
    const detail = {
      ...INCIDENT,
      records: records.map((record) => ({ ...record, envelope, log: null })),
      timeline: [],
      alerts: [
        {
          ...{ channel: 'ops', firstToldAt: null, lastToldAt: null },
          held: { kind: 'silence', why: 'we move', by: ID, until: '2026-01-31T14:00:00.000Z' },
        },
      ],
    };
    const answer = ({ url }: Asked) =>
      url.startsWith('/v1/incidents?') ? page(INCIDENT) : { body: detail };
    const shown = await tmWith(['incidents', 'show', 'latest'], answer);
    expect(shown.stdout).toContain('Seen by   2 of 3 regions: eu-west, us-east');
    expect(shown.stdout).toMatch(/ops +not told +silence until 2026-01-31 14:00:00Z: we move/);
    const asJson = await tmWith(['incidents', 'show', ID, '--json'], answer);
    expect(JSON.parse(asJson.stdout)).toEqual(detail);
  });

  test('are taken in hand, with a note or without', async () => {
    const ack = {
      ...{ id: ID, kind: 'ack', actor: 'ann', at: '2026-01-31T12:00:00.000Z', note: null },
      public: false,
    };
    const ran = await tmWith(['incidents', 'ack', ID, '--note', 'on it'], () => ({ body: ack }));
    expect(ran.asked[0]).toMatchObject({ method: 'POST', url: `/v1/incidents/${ID}/ack` });
    expect(ran.asked[0]?.body).toEqual({ note: 'on it' });
    expect(ran).toMatchObject({ code: 0, stderr: expect.stringContaining('ann') as string });
    const bare = await tmWith(['incidents', 'ack', ID], () => ({ body: ack }));
    expect(bare.asked[0]?.body).toEqual({});
  });

  test.each([[], ['--public']])(
    'are written about, in public only when told to: %j',
    async (...options) => {
      const isPublic = options.length > 0;
      const note = {
        ...{ id: ID, kind: 'note', actor: 'ann', at: '2026-01-31T12:00:00.000Z', note: 'mended' },
        public: isPublic,
      };
      const ran = await tmWith(['incidents', 'note', ID, 'mended', ...options], () => ({
        body: note,
      }));
      expect(ran.asked[0]).toMatchObject({ method: 'POST', url: `/v1/incidents/${ID}/notes` });
      expect(ran.asked[0]?.body).toEqual({ note: 'mended', public: isPublic });
      expect(ran.stderr.includes('public status pages')).toBe(isPublic);
    },
  );

  test('are resolved by hand, and never without a reason', async () => {
    const silent = await tmWith(['incidents', 'resolve', ID], () => ({ body: INCIDENT }));
    expect(silent).toMatchObject({ code: EXIT.usage, asked: [] });
    expect(silent.stderr).toContain('--reason');
    const args = ['incidents', 'resolve', ID, '--reason', 'retired'];
    const ran = await tmWith(args, () => ({ body: INCIDENT }));
    expect(ran.asked[0]).toMatchObject({ method: 'POST', url: `/v1/incidents/${ID}/resolve` });
    expect(ran.asked[0]?.body).toEqual({ reason: 'retired' });
    const again = await tmWith(args, () => problem(409, 'incident.resolved'));
    expect(again.code).toBe(EXIT.failed);
  });
});

describe('planned work', () => {
  const drain = { since: '2026-01-31T12:00:00.000Z', by: 'ann', reason: 'new disks' };
  const region = {
    ...{ region: 'eu', group: 'a', agents: 2, alive: 2, flagged: 0, agreement: null },
    ...{ quarantine: null, location: null, drain },
  };
  const agent = {
    ...{ agent: 'eu-1', region: 'eu', group: 'a', state: 'alive', version: '1', lastSeenAt: null },
    ...{ skewMs: 0, spooledBatches: 0, agreement: 1, abstention: 0, refused: 0, forged: 0 },
    ...{ replayed: 0, flaggedAt: null, flagged: false, doubtfulMonitors: [], quarantined: false },
    ...{ drain: { ...drain, confirmed: true }, regionDrained: false },
  };

  test('drains a region with a reason, and lists it as such', async () => {
    const args = ['regions', 'drain', 'eu', '--reason', 'new disks', '--force'];
    const ran = await tmWith(args, () => ({ body: drain }));
    expect(ran.asked).toMatchObject([
      { method: 'PUT', url: '/v1/regions/eu/drain', body: { reason: 'new disks', force: true } },
    ]);
    expect(ran).toMatchObject({ code: 0, stderr: expect.stringContaining('undrain eu') as string });
    const listed = await tmWith(['regions'], () => page(region));
    expect(listed.stdout).toContain('drained by ann: new disks');
    const back = await tmWith(['regions', 'undrain', 'eu'], () => ({ status: 204, body: '' }));
    expect(back.asked).toMatchObject([{ method: 'DELETE', url: '/v1/regions/eu/drain' }]);
    expect(back.code).toBe(0);
    const few = await tmWith(['regions', 'drain', 'eu'], () => problem(409, 'drain.too_few'));
    expect(few).toMatchObject({ code: EXIT.failed });
  });

  test('waits until an agent says that it takes no jobs', async () => {
    let asked = 0;
    const told = { ...agent, drain: { ...drain, confirmed: false } };
    const ran = await tmWith(['agents', 'drain', 'eu-1'], ({ method }) => {
      if (method === 'PUT') return { body: drain };
      asked += 1;
      return page(asked === 1 ? told : agent);
    });
    expect(ran.asked.map(({ method }) => method)).toEqual(['PUT', 'GET', 'GET']);
    expect(ran).toMatchObject({ code: 0, stderr: expect.stringContaining('is drained') as string });
    const listed = await tmWith(['agents'], () => page(agent, told));
    expect(listed.stdout).toMatch(/ drained .*\n.* draining /);
    const seen = await tmWith(['status'], ({ url }) => {
      if (url === '/readyz') return { body: { status: 'ok', checks: [] } };
      return url.startsWith('/v1/agents') ? page(agent) : page();
    });
    expect(seen.stdout).toContain('1 of 1 alive, 1 drained');
    const lost = await tmWith(['agents', 'drain', 'eu-1'], ({ method }) =>
      method === 'PUT' ? { body: drain } : page({ ...told, state: 'lost' }),
    );
    expect(lost).toMatchObject({ code: EXIT.failed });
    expect(lost.stderr).toContain('has not said');
  });
});

describe('report', () => {
  const args = ['report', '--monitor', 'shop', '--from', '2026-01-01'];

  test('asks for days in UTC, and waits for the witnesses', async () => {
    let isCosigned = false;
    const ran = await tmWith([...args, '--to', '2026-02-01'], () => {
      if (isCosigned) return { body: '{"report":1}' };
      isCosigned = true;
      return problem(409, 'evidence.pending');
    });
    expect(ran).toMatchObject({ code: 0, stdout: '{"report":1}' });
    expect(ran.asked[1]?.url.replaceAll('%3A', ':')).toBe(
      '/v1/monitors/shop/report?from=2026-01-01T00:00:00.000Z&to=2026-02-01T00:00:00.000Z',
    );
  });

  test.each(['2026-02-31', 'yesterday', '2026-02-01T00:00:00+01:00'])(
    'to %s asks nothing',
    async (to) => {
      const ran = await tmWith([...args, '--to', to], () => ({ body: '' }));
      expect(ran).toMatchObject({ code: EXIT.usage, stdout: '', asked: [] });
      expect(ran.stderr).toContain('--to');
    },
  );
});

describe('evidence', () => {
  const answer = () => ({ body: '{"bundle":1}' });

  test('goes to stdout as it is', async () => {
    expect(await tmWith(['evidence', ID], answer)).toMatchObject({
      code: 0,
      stdout: '{"bundle":1}',
      stderr: '',
    });
  });

  test('is refused to a terminal, before anything is fetched', async () => {
    const ran = await tmWith(['evidence', ID], answer, { stdoutIsTerminal: true });
    expect(ran).toMatchObject({ code: EXIT.usage, stdout: '', asked: [] });
    expect(ran.stderr).toContain(`evidence ${ID} > bundle.json`);
  });

  test('goes to a file, or to a terminal that was asked for', async () => {
    const file = join(await scratchFolder(), 'bundle.json');
    const onTerminal = { stdoutIsTerminal: true };
    await tmWith(['evidence', ID, '-o', file], answer, onTerminal);
    expect(await readFile(file, 'utf8')).toBe('{"bundle":1}');
    expect(await tmWith(['evidence', ID, '-o', '-'], answer, onTerminal)).toMatchObject({
      stdout: '{"bundle":1}',
    });
  });

  test('of what is no id is not asked for', async () => {
    const ran = await tmWith(['evidence', 'the-outage'], answer);
    expect(ran).toMatchObject({ code: EXIT.notFound, stdout: '', asked: [] });
    expect(ran.stderr).toContain('there is no incident "the-outage"');
  });

  test('of the latest incident needs one', async () => {
    const ran = await tmWith(['evidence', 'latest'], () => page());
    expect(ran).toMatchObject({ code: EXIT.notFound, stdout: '' });
  });
});

describe('keys root', () => {
  test('is read from the local folder, with no stack running', async () => {
    const data = await scratchFolder();
    await writeFile(join(data, 'root.json'), '{"local":1}\n');
    expect(await tm(['keys', 'root', '--data', data])).toEqual({
      code: 0,
      stdout: '{"local":1}\n',
      stderr: '',
    });
  });

  test('is asked of the API that was named', async () => {
    const { stdout, asked } = await tmWith(['keys', 'root'], () => ({ body: '{"remote":1}' }));
    expect([stdout, asked[0]?.url]).toEqual(['{"remote":1}', '/v1/keys/root']);
  });
});

describe('up', () => {
  test('says what is wrong with its input before it starts or writes anything', async () => {
    const folder = await scratchFolder();
    const data = join(folder, 'data');
    const file = join(folder, 'm.yaml');
    await writeFile(file, 'monitors: []\n');
    const bad = await tm(['up', '--data', data, '--monitors', file]);
    expect(bad.code).toBe(EXIT.usage);
    expect(bad.stderr).toContain('apiVersion: is required');
    const many = await tm(['up', '--data', data, '--coordinators', '5']);
    expect(many.code).toBe(EXIT.usage);
    expect(many.stderr).toContain('a whole number from 1 to 4');
    const address = await tm(['up', '--data', data, '--http-addr', '7070']);
    expect(address.code).toBe(EXIT.usage);
    expect(address.stderr).toContain('"7070" is not host:port');
    await expect(stat(data)).rejects.toMatchObject({ code: 'ENOENT' });
  });

  test('names a data folder that cannot be one', async () => {
    const file = join(await scratchFolder(), 'file');
    await writeFile(file, '');
    const { code, stderr } = await tm(['up', '--data', file]);
    expect(code).toBe(EXIT.notAllowed);
    expect(stderr).toContain(
      `the data folder ${file} cannot be written: there is a file in its place`,
    );
  });
});
