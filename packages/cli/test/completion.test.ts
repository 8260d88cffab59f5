import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { tm } from './harness.ts';

const run = promisify(execFile);

test.each([
  [['trustmonitor', 'che'], ['check']],
  [['tm', 'demo', 'br'], ['break']],
  [
    ['trustmonitor', 'check', '--json', '--tim'],
    ['--timing', '--timeout'],
  ],
])('bash completes %j', async (words, expected) => {
  const { stdout: script, code } = await tm(['completion', 'bash']);
  expect(code).toBe(0);
  const line = `${script}
COMP_WORDS=(${words.join(' ')}); COMP_CWORD=${words.length - 1}
_trustmonitor; printf '%s\\n' "\${COMPREPLY[@]}"`;
  const { stdout } = await run('bash', ['--norc', '-c', line]);
  expect(stdout.trim().split('\n')).toEqual(expected);
});

test('fish and zsh have scripts of their own, and other shells are refused', async () => {
  expect((await tm(['completion', 'fish'])).stdout).toContain(
    "complete -c tm -n '__fish_seen_subcommand_from demo; and __fish_seen_subcommand_from break'",
  );
  expect((await tm(['completion', 'zsh'])).stdout).toMatch(/^autoload -U \+X bashcompinit/);
  expect(await tm(['completion', 'tcsh'])).toMatchObject({ code: 2, stdout: '' });
});
