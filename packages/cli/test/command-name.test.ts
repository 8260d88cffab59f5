import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { commandNameOf } from '../src/command-name.ts';
import { scratchFolder } from './harness.ts';

test('a command on PATH is called by its name', async () => {
  const here = await scratchFolder();
  expect(commandNameOf('/usr/local/bin/trustmonitor', here)).toBe('trustmonitor');
  expect(commandNameOf('/usr/local/bin/tm', here)).toBe('tm');
});

test('npx is suggested only where it finds the command', async () => {
  const checkout = await scratchFolder();
  const script = join(checkout, 'packages', 'cli', 'dist', 'main.js');
  expect(commandNameOf(script, checkout)).toBe('node packages/cli/dist/main.js');
  const bin = join(checkout, 'node_modules', '.bin');
  await mkdir(bin, { recursive: true });
  await writeFile(join(bin, 'trustmonitor'), '');
  expect(commandNameOf(script, checkout)).toBe('npx trustmonitor');
  expect(commandNameOf(join(bin, 'tm'), join(checkout, 'docs'))).toBe('npx trustmonitor');
  expect(commandNameOf(script, '/')).toBe(`node ${script}`.replace('node /', 'node '));
});
