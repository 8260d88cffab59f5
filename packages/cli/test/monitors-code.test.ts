/** `validate`, `plan` and `apply` as they are used. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { EXIT } from '../src/exit.ts';
import { problem, tmWith } from './fake-api.ts';
import { scratchFolder, tm } from './harness.ts';

describe('monitors as code', () => {
  const FILE =
    'apiVersion: trustmonitor/v1\nmonitors:\n  - name: Shop\n    url: https://shop.example\n    quorum: 2\n';
  const CHANGES = {
    body: {
      owner: 'default',
      changes: [{ id: 'shop', action: 'create', previousOwner: null }],
    },
  };

  async function fileOf(text: string): Promise<string> {
    const file = join(await scratchFolder(), 'm.yaml');
    await writeFile(file, text);
    return file;
  }

  test('are validated with no server', async () => {
    const good = await tm(['validate', await fileOf(FILE)]);
    expect(good).toMatchObject({ code: 0, stdout: '' });
    expect(good.stderr).toContain('is valid: 1 monitor, 0 channels.');
    const bad = await tm(['validate', await fileOf(`${FILE}    x: 1\n    y: 2\n`), '--json']);
    expect(bad.code).toBe(EXIT.usage);
    expect(JSON.parse(bad.stdout)).toMatchObject({
      valid: false,
      faults: [
        { line: 6, column: 5, field: 'monitors[0].x' },
        { line: 7, column: 5, field: 'monitors[0].y' },
      ],
    });
  });

  test('are planned', async () => {
    const ran = await tmWith(['plan', await fileOf(FILE)], () => CHANGES);
    expect(ran.asked).toMatchObject([
      {
        method: 'POST',
        url: '/v1/plan',
        body: {
          monitors: [{ name: 'Shop', url: 'https://shop.example', quorum: 2 }],
          defaults: {},
          channels: [],
          slos: [],
          maintenance: [],
        },
      },
    ]);
    expect(ran.stdout).toBe('   MONITOR  CHANGE\n+  shop     create\n');
    expect(ran.stderr).toBe('\nPlan: 1 to create. Nothing was changed.\n');
  });

  test('are applied', async () => {
    const ran = await tmWith(['apply', await fileOf(FILE), '--json'], () => CHANGES);
    expect(ran.asked[0]?.url).toBe('/v1/apply');
    expect(JSON.parse(ran.stdout)).toEqual(CHANGES.body);
  });

  test('with a fault are sent to nobody', async () => {
    const ran = await tmWith(['apply', await fileOf(`${FILE}    mod: all\n`)], () => CHANGES);
    expect(ran).toMatchObject({ code: EXIT.usage, asked: [], stdout: '' });
    expect(ran.stderr).toMatch(
      /m\.yaml:6:5 monitors\[0\]\.mod: is not a known field, did you mean "mode"\?\nerror: 1 fault; nothing was changed\n$/,
    );
  });

  test('refused by the API are told by line', async () => {
    const refusal = problem(422, 'quorum.unreachable', {
      hint: 'Lower the quorum, or add regions in other voting groups.',
      errors: [{ pointer: '/monitors/0/quorum', detail: 'needs 2 voting groups; there is 1' }],
    });
    const ran = await tmWith(['apply', await fileOf(FILE)], () => refusal);
    expect(ran).toMatchObject({ code: EXIT.usage, stdout: '' });
    expect(ran.stderr).toMatch(
      /m\.yaml:5:13 monitors\[0\]\.quorum: needs 2 voting groups; there is 1\n {2}try: {3}Lower the quorum/,
    );
  });
});
