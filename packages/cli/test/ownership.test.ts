/** Whose monitors are: `owner`, `--owner`, `--prune`, `--take-over`, and sets of regions. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { EXIT } from '../src/exit.ts';
import { formatFault } from '../src/monitors-file/fault.ts';
import { loadMonitors } from '../src/monitors-file/load.ts';
import { problem, tmWith, type FakeAnswer } from './fake-api.ts';
import { scratchFolder, tm } from './harness.ts';

const FILE =
  'apiVersion: trustmonitor/v1\nmonitors:\n  - name: Shop\n    url: https://shop.example\n';

async function folderOf(...texts: readonly string[]): Promise<string> {
  const folder = await scratchFolder();
  for (const [i, text] of texts.entries()) await writeFile(join(folder, `${i}.yaml`), text);
  return folder;
}

async function run(args: readonly string[], answer: FakeAnswer) {
  const ran = await tmWith(args, () => answer);
  return { ...ran, sent: ran.asked[0]?.body as Record<string, unknown> | undefined };
}

const NOTHING = { body: { owner: 'acme/shop', changes: [] } };

describe('an owner', () => {
  test('comes from the file, or from the flag, which wins', async () => {
    const folder = await folderOf(`${FILE}owner: acme/shop\n`, 'apiVersion: trustmonitor/v1\n');
    const fromFile = await run(['plan', folder, '--prune'], NOTHING);
    expect(fromFile.sent).toMatchObject({ owner: 'acme/shop', prune: true });
    expect(fromFile.sent).not.toHaveProperty('takeOver');
    const fromFlag = await run(['apply', folder, '--owner', 'ops', '--take-over'], NOTHING);
    expect(fromFlag.sent).toMatchObject({ owner: 'ops', takeOver: true });
    expect(fromFlag.sent).not.toHaveProperty('prune');
  });

  test('is not sent when nobody says it, and pruning then asks for it', async () => {
    const folder = await folderOf(FILE);
    expect((await run(['plan', folder], NOTHING)).sent).not.toHaveProperty('owner');
    const refused = await run(['apply', folder, '--prune'], NOTHING);
    expect(refused).toMatchObject({ code: EXIT.usage, stdout: '', sent: undefined });
    expect(refused.stderr).toContain('write "owner: NAME" in the file, or give --owner');
    expect((await tm(['plan', folder, '--owner', 'Not A Name'])).code).toBe(EXIT.usage);
  });

  test('is one for a folder', async () => {
    const folder = await folderOf(`owner: a\n${FILE}`, 'owner: b\napiVersion: trustmonitor/v1\n');
    const result = await loadMonitors(folder, {});
    const said = result.ok ? [] : result.faults.map(formatFault);
    expect(said).toEqual([
      expect.stringMatching(/1\.yaml:1:8 owner: is "b", and "a" in .*0\.yaml/),
    ]);
  });
});

describe('what is shown', () => {
  const change = (id: string, action: string, previousOwner: string | null) => ({
    id,
    action,
    previousOwner,
  });
  const body = {
    owner: 'acme/shop',
    changes: [
      change('new', 'create', null),
      change('same', 'unchanged', 'acme/shop'),
      change('adopted', 'unchanged', null),
      change('taken', 'update', 'ops'),
      change('old', 'delete', 'acme/shop'),
    ],
  };

  test('says what pruning deletes, and what changes hands', async () => {
    const folder = await folderOf(`${FILE}owner: acme/shop\n`);
    const planned = await run(['plan', folder, '--prune'], { body });
    expect(planned.stdout.split('\n')).toEqual([
      '   MONITOR  CHANGE     OWNER',
      '+  new      create',
      '=  same     unchanged',
      '=  adopted  unchanged  acme/shop, before nobody',
      '~  taken    update     acme/shop, before ops',
      '-  old      delete',
      '',
    ]);
    expect(planned.stderr).toContain('1 to create, 1 to update, 1 to delete, 2 unchanged');
    const applied = await run(['apply', folder, '--prune'], { body });
    expect(applied.stderr).toContain('1 created, 1 updated, 1 deleted, 2 unchanged');
  });

  test('names the monitor of another owner at its line, and what to do', async () => {
    const refusal = problem(409, 'monitor.owned', {
      hint: 'Take it over (--take-over).',
      errors: [{ pointer: '/monitors/0/id', detail: 'belongs to the owner "ops"' }],
    });
    const { code, stderr } = await run(['apply', await folderOf(FILE)], refusal);
    expect(code).toBe(EXIT.usage);
    expect(stderr).toMatch(/0\.yaml:3:5 monitors\[0\]\.id: belongs to the owner "ops"\n {2}try:/);
  });
});

describe('sets of regions', () => {
  const SETS = 'regions:\n  europe: [eu-west, eu-north]\n  all: ["*"]\n';

  test('are written out, for monitors and defaults of every file', async () => {
    const folder = await folderOf(
      `${FILE}    regions: [europe, us-east, eu-west]\n`,
      `apiVersion: trustmonitor/v1\n${SETS}defaults: {regions: [all]}\n`,
    );
    const result = await loadMonitors(folder, {});
    expect(result).toMatchObject({
      ok: true,
      loaded: {
        body: {
          monitors: [{ regions: ['eu-west', 'eu-north', 'us-east'] }],
          defaults: { regions: ['*'] },
        },
      },
    });
  });

  test('are named once in a folder', async () => {
    const result = await loadMonitors(await folderOf(FILE + SETS, FILE.slice(0, 28) + SETS), {});
    expect(result.ok ? [] : result.faults).toMatchObject([
      { line: 3, column: 3, field: 'regions.europe', what: 'is the name of a set already' },
      { line: 4, column: 3, field: 'regions.all' },
    ]);
  });
});
