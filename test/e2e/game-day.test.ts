/** The exercises of deploy/game-day, on the stack that `npm start` runs. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, expect, onTestFailed, test } from 'vitest';
import { startStack, type Stack } from '../support/stack.ts';
import { until } from '../support/until.ts';

const EXERCISES = resolve(import.meta.dirname, '../../deploy/game-day');
let stack: Stack;
const data = () => stack.at('stack');

beforeAll(async () => (stack = await startStack('game-day')));
afterAll(() => stack.end());

function start(exercise: string, ...args: readonly string[]) {
  const script = join(EXERCISES, `${exercise}.mjs`);
  // A machine that is busy with other tests gets more time.
  const child = spawn(process.execPath, [script, '--data', data(), '--patience', '3', ...args]);
  let said = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => (said += text));
  }
  const ended = once(child, 'exit').then(([code]) => ({ code: code as number | null, said }));
  return { child, ended, said: () => said };
}

async function run(exercise: string, ...args: readonly string[]) {
  onTestFailed(() => void process.stderr.write(stack.process.log));
  return start(exercise, ...args).ended;
}

/** Of proc(5): `T` is one that is stopped. */
async function stateOf(name: string): Promise<string> {
  const { pids } = JSON.parse(await readFile(join(data(), 'stack.json'), 'utf8')) as {
    pids: Record<string, number>;
  };
  const stat = await readFile(`/proc/${pids[name] ?? 0}/stat`, 'latin1');
  return stat.slice(stat.lastIndexOf(')') + 2, stat.lastIndexOf(')') + 3);
}

test('a region is lost, and comes back', async () => {
  const { code, said } = await run('region-loss', '--region', 'us-east', '--brief');
  expect([code, said]).toEqual([0, expect.stringContaining('everything was seen')]);
  expect(said).toMatch(/seen after .* the other regions agree, and an incident opens/);
}, 400_000);

test('the broker is lost, and comes back', async () => {
  const { code, said } = await run('broker-loss');
  expect([code, said]).toEqual([0, expect.stringContaining('everything was seen')]);
  expect(said).toMatch(/seen after .* broker\.away is on record/);
}, 400_000);

test('a deployment fails, and the gate says so', async () => {
  const { code, said } = await run('deployment-failure');
  expect([code, said]).toEqual([0, expect.stringContaining('everything was seen')]);
  expect(said).toMatch(/holds .* counts as failed, by its incident/);
  expect(said).not.toContain('NOT MENDED');
}, 400_000);

test('one region meets a slow target, then everybody does', async () => {
  const { code, said } = await run('latency', '--region', 'us-east');
  expect([code, said]).toEqual([0, expect.stringContaining('everything was seen')]);
  expect(said).toMatch(/holds .* no round was down[^]*seen after .* an incident opens/);
}, 400_000);

test.skipIf(process.platform !== 'linux')(
  'one that is interrupted mends what it broke',
  async () => {
    const { child, ended, said } = start('broker-loss');
    await until('nats-server to be paused', async () =>
      (await stateOf('nats')) === 'T' ? true : null,
    );
    child.kill('SIGTERM');
    await until('it to say so', () => (said().includes('SIGTERM: mending') ? true : null));
    // One who is impatient stops nothing half way.
    child.kill('SIGTERM');
    expect((await ended).code).toBe(143);
    expect(said()).toContain('mended: pause nats');
    expect(await stateOf('nats')).not.toBe('T');
  },
);

test('what is not seen is a failure, and what cannot begin says why', async () => {
  const nothing = ['--break', 'true', '--mend', 'true', '--patience', '0.01'];
  const blind = await run('broker-loss', ...nothing);
  expect([blind.code, blind.said]).toEqual([1, expect.stringContaining('FAILED: not seen within')]);
  const nowhere = await run('region-loss', '--data', stack.at('nowhere'));
  expect([nowhere.code, nowhere.said]).toEqual([2, expect.stringContaining('no stack runs in')]);
  const unnamed = await run('deployment-failure', '--break', 'true', '--mend', 'true');
  expect([unnamed.code, unnamed.said]).toEqual([2, expect.stringContaining('name with --monitor')]);
  const halfway = await run('latency', '--break', 'true');
  expect([halfway.code, halfway.said]).toEqual([2, expect.stringContaining('go together')]);
});
