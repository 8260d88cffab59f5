import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { TrustMonitorError } from '@trustmonitor/protocol';
import { describe, expect, test } from 'vitest';
import { formatFault } from '../src/monitors-file/fault.ts';
import { loadMonitors, type Loaded, type LoadedMonitors } from '../src/monitors-file/load.ts';
import { nearest } from '../src/monitors-file/nearest.ts';
import { faultsOfRefusal } from '../src/monitors-file/server-faults.ts';
import { BAD_FILES, HEAD, SHOP } from './bad-monitors-files.ts';
import { scratchFolder } from './harness.ts';
import { MORE_BAD_FILES } from './more-bad-monitors-files.ts';

async function load(text: string, env: NodeJS.ProcessEnv = {}) {
  const file = join(await scratchFolder(), 'm.yaml');
  await writeFile(file, text);
  return loadMonitors(file, env);
}

async function faultsOf(text: string, env: NodeJS.ProcessEnv = {}): Promise<string[]> {
  const result = await load(text, env);
  if (result.ok) return [];
  return result.faults.map((fault) => formatFault({ ...fault, file: 'm.yaml' }));
}

async function loaded(text: string, env: NodeJS.ProcessEnv = {}): Promise<LoadedMonitors> {
  const result = await load(text, env);
  if (!result.ok) throw new Error(result.faults.map(formatFault).join('\n'));
  return result.loaded;
}

describe('a bad file is refused with every fault at its place:', () => {
  test.each([...BAD_FILES, ...MORE_BAD_FILES])('%s', async (_name, text, said) => {
    expect(await faultsOf(text)).toEqual(said);
  });

  test('all faults of one monitor are found at once', async () => {
    const faults = await faultsOf(
      `${HEAD}monitors:\n  - name: Shop\n    url: shop\n    interval: x\n    timeout: y\n` +
        '    retries: -1\n    mode: z\n    regions: []\n    quorum: 0\n' +
        '    confirm: {rounds: 0, after: q}\n    expected_status: 42\n    labels: [a]\n',
    );
    expect(faults.map((fault) => fault.split(' ')[0])).toEqual([
      'm.yaml:4:10',
      'm.yaml:5:15',
      'm.yaml:6:14',
      'm.yaml:7:14',
      'm.yaml:8:11',
      'm.yaml:9:14',
      'm.yaml:10:13',
      'm.yaml:11:23',
      'm.yaml:11:33',
      'm.yaml:12:22',
      'm.yaml:13:13',
    ]);
  });

  test('ids that are given twice name the first', async () => {
    const [first, second, ...others] = await faultsOf(
      `${SHOP}  - id: shop\n    name: Other\n    url: http://b\n` +
        'notifications:\n  - {id: ops, type: webhook, url: "http://a"}\n' +
        '  - {id: ops, type: webhook, url: "http://b"}\n',
    );
    expect(first).toMatch(/^m\.yaml:5:9 monitors\[1\]\.id: makes a second monitor "shop"; .*:3$/);
    expect(second).toMatch(/^m\.yaml:10:10 notifications\[1\]\.id: makes a second channel "ops"/);
    expect(others).toEqual([]);
  });

  test('aliases that multiply without end are refused', async () => {
    const ten = (name: string) => `[${Array.from({ length: 10 }, () => `*${name}`).join(', ')}]`;
    const bomb = `a: &a [1]\nb: &b ${ten('a')}\nc: &c ${ten('b')}\nd: &d ${ten('c')}\ne: ${ten('d')}\n`;
    expect(await faultsOf(HEAD + bomb)).toEqual([
      'm.yaml:1:1 aliases stand for more than 100 values; write them out',
    ]);
  });

  test('text that is not UTF-8 is refused', async () => {
    const file = join(await scratchFolder(), 'm.yaml');
    await writeFile(file, Buffer.from([0x61, 0x3a, 0x20, 0xff]));
    await expect(loadMonitors(file, {})).rejects.toMatchObject({ code: 'input.malformed' });
  });

  test('a path that leads nowhere is not found', async () => {
    await expect(loadMonitors('/nonexistent/m.yaml', {})).rejects.toMatchObject({
      code: 'not_found',
      where: '/nonexistent/m.yaml',
    });
  });
});

describe('a good file', () => {
  test('needs two keys for a monitor', async () => {
    const { body } = await loaded(SHOP);
    expect(body).toEqual({
      monitors: [{ name: 'Shop', url: 'https://shop.example' }],
      defaults: {},
      channels: [],
      slos: [],
      maintenance: [],
    });
  });

  test('takes values from the environment, as text where they are quoted', async () => {
    const { body } = await loaded(
      `${SHOP}    retries: \${RETRIES}\n    runbook: "\${RETRIES}"\n` +
        '    group: ${NONE:-shops}\n    labels: {raw: "$${RETRIES}"}\n',
      { RETRIES: '2' },
    );
    expect(body.monitors[0]).toMatchObject({
      retries: 2,
      runbook: '2',
      group: 'shops',
      labels: { raw: '${RETRIES}' },
    });
  });

  test('takes a value from the file that NAME_FILE names, without its last line break', async () => {
    const folder = await scratchFolder();
    await writeFile(join(folder, 'a'), 'one\ntwo\r\n');
    await writeFile(join(folder, 'bad'), Buffer.from([0x61, 0xff]));
    await writeFile(join(folder, 'big'), 'x'.repeat(65_537));
    const env = {
      A_FILE: join(folder, 'a'),
      BOTH: 'set',
      BOTH_FILE: join(folder, 'a'),
      GONE_FILE: '/nonexistent/gone',
      BAD_FILE: join(folder, 'bad'),
      BIG_FILE: join(folder, 'big'),
      DIR_FILE: folder,
    };
    const { body } = await loaded(`${SHOP}    runbook: "\${A}"\n    group: \${BOTH}\n`, env);
    expect(body.monitors[0]).toMatchObject({ runbook: 'one\ntwo', group: 'set' });
    const labels = ['GONE:-x', 'BAD', 'BIG', 'DIR'].map((name, i) => `      l${i}: \${${name}}\n`);
    const said = await faultsOf(`${SHOP}    labels:\n${labels.join('')}`, env);
    expect(said.map((fault) => fault.replaceAll(folder, '/tmp'))).toEqual([
      'm.yaml:6:11 monitors[0].labels.l0: there is no file /nonexistent/gone, which GONE_FILE names',
      'm.yaml:7:11 monitors[0].labels.l1: /tmp/bad, which BAD_FILE names, cannot be read: it is not UTF-8 text',
      'm.yaml:8:11 monitors[0].labels.l2: /tmp/big, which BIG_FILE names, is larger than 64 KiB',
      'm.yaml:9:11 monitors[0].labels.l3: /tmp, which DIR_FILE names, cannot be read: EISDIR',
    ]);
  });

  test('takes JSON schemas from the files that its assertions name', async () => {
    const folder = await scratchFolder();
    const file = join(folder, 'm.yaml');
    const named = (name: string) => `${SHOP}    assertions: [jsonSchema(${name})]\n`;
    await writeFile(join(folder, 'order.json'), '{\n  "required": ["ok"]\n}\n');
    await writeFile(file, named('order.json'));
    const { loaded } = (await loadMonitors(file, {})) as Loaded & { ok: true };
    expect(loaded.body.monitors[0]?.assertions).toEqual(['jsonSchema({"required":["ok"]})']);
    await writeFile(join(folder, 'broken.json'), '{');
    for (const [name, what] of [
      ['absent.json', 'there is no file absent.json beside this one'],
      ['broken.json', 'broken.json is not JSON'],
    ] as const) {
      await writeFile(file, named(name));
      const refused = (await loadMonitors(file, {})) as Loaded & { ok: false };
      expect(refused.faults).toMatchObject([{ line: 5, field: 'monitors[0].assertions[0]', what }]);
    }
  });

  test('cannot change its structure by way of the environment', async () => {
    const { body } = await loaded(`${SHOP}    runbook: \${EVIL}\n`, {
      EVIL: 'x\n    enabled: false',
    });
    expect(body.monitors[0]).toEqual({
      name: 'Shop',
      url: 'https://shop.example',
      runbook: 'x\n    enabled: false',
    });
  });
});

describe('a folder', () => {
  async function folderOf(files: Readonly<Record<string, string>>): Promise<string> {
    const folder = await scratchFolder();
    for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text);
    return folder;
  }

  test('is read file by file, in order of their names', async () => {
    const folder = await folderOf({
      'b.yaml': `${HEAD}monitors: [{name: B, url: "http://b"}]\n`,
      'a.yml': `${HEAD}defaults: {interval: 1m}\nmonitors: [{name: A, url: "http://a"}]\n`,
      'notes.txt': 'not YAML: at: all',
    });
    await mkdir(join(folder, 'sub'));
    const result = await loadMonitors(folder, {});
    expect(result).toMatchObject({
      ok: true,
      loaded: {
        body: { monitors: [{ name: 'A' }, { name: 'B' }], defaults: { interval: '1m' } },
      },
    });
  });

  test('has defaults in one file only', async () => {
    const folder = await folderOf({
      'a.yaml': `${SHOP}defaults: {interval: 1m}\n`,
      'b.yaml': `${HEAD}defaults: {interval: 2m}\n`,
    });
    const result = await loadMonitors(folder, {});
    expect(result.ok ? [] : result.faults).toMatchObject([
      { line: 2, column: 1, field: 'defaults', what: expect.stringContaining('a.yaml already') },
    ]);
  });

  test('without a monitors file is not found', async () => {
    await expect(loadMonitors(await scratchFolder(), {})).rejects.toMatchObject({
      code: 'not_found',
    });
  });
});

describe('what the API refuses', () => {
  const refusal = (pointer: string) =>
    new TrustMonitorError('quorum.unreachable', 'refused', {
      fields: [{ pointer, detail: 'needs 4 voting groups, but there are only 3' }],
    });

  test('is told at the line that it comes from', async () => {
    const monitors = await loaded(`${SHOP}    quorum: 4\n`);
    expect(faultsOfRefusal(refusal('/monitors/0/quorum'), monitors)).toMatchObject([
      { line: 5, column: 13, field: 'monitors[0].quorum' },
    ]);
  });

  test('is told at the defaults when the monitor has it from there', async () => {
    const monitors = await loaded(`${SHOP}defaults:\n  quorum: 4\n`);
    expect(faultsOfRefusal(refusal('/monitors/0/quorum'), monitors)).toMatchObject([
      { line: 6, column: 11, field: 'defaults.quorum' },
    ]);
  });

  test('is told at the channel', async () => {
    const monitors = await loaded(
      `${SHOP}notifications:\n  - {id: ops, type: webhook, url: "http://a"}\n`,
    );
    expect(faultsOfRefusal(refusal('/channels/0/url'), monitors)).toMatchObject([
      { line: 6, column: 35, field: 'notifications[0].url' },
    ]);
  });

  test('is no fault of the file when it points elsewhere', async () => {
    const monitors = await loaded(SHOP);
    expect(faultsOfRefusal(refusal('/something'), monitors)).toBeNull();
    expect(faultsOfRefusal(new TrustMonitorError('auth.refused', 'no'), monitors)).toBeNull();
  });
});

describe('did you mean', () => {
  test.each([
    ['intervall', 'interval'],
    ['tiemout', 'timeout'],
    ['Timeout', 'timeout'],
    ['expected-status', 'expected_status'],
    ['assertion', 'assertions'],
    ['colour', undefined],
    ['x', undefined],
  ])('%s: %s', (word, meant) => {
    const known = ['interval', 'timeout', 'expected_status', 'assertions', 'url'];
    expect(nearest(word, known)).toBe(meant);
  });
});
