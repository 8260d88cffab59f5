/** Real child processes: how they are started, kept alive, stopped and, if need be, found again. */
import { readFile, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { TrustMonitorError } from '@trustmonitor/protocol';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { startChild, type ChildSpec } from '../src/stack/child.ts';
import { stopOrphans } from '../src/stack/orphans.ts';
import { identityOf, isAlive } from '../src/stack/process-identity.ts';
import { supervise, type RestartPolicy } from '../src/stack/supervise.ts';
import { until } from '../src/stack/until.ts';
import { scratchFolder } from './harness.ts';

const SERVES = "console.log('ready'); setInterval(() => {}, 1000);";
const STUBBORN = `process.on('SIGTERM', () => console.log('no')); ${SERVES}`;
const DIES = "console.error('no database'); process.exit(3);";

const QUICK: RestartPolicy = {
  firstDelayMs: 10,
  longestDelayMs: 20,
  goodLifeMs: 60_000,
  shortLives: 3,
};

async function childOf(script: string): Promise<ChildSpec> {
  const folder = await scratchFolder();
  const file = join(folder, 'child.mjs');
  await writeFile(file, script);
  return {
    name: 'child',
    script: file,
    args: [],
    env: process.env,
    logFile: join(folder, 'logs', 'child.log'),
    recordFile: join(folder, 'run', 'child.json'),
  };
}

async function logOf({ logFile }: ChildSpec): Promise<string> {
  return readFile(logFile, 'utf8').catch(() => '');
}

async function untilLogged(spec: ChildSpec, text: string): Promise<void> {
  const found = await until(async () => ((await logOf(spec)).includes(text) ? true : null), {
    withinMs: 15_000,
  });
  if (found === null) throw new Error(`"${text}" was never logged`);
}

const isThere = async (pid: number) => (await identityOf(pid)) !== null;

describe('a child', () => {
  test('stops when told to, and leaves no record', async () => {
    const spec = await childOf(SERVES);
    const child = await startChild(spec);
    await untilLogged(spec, 'ready');
    expect(JSON.parse(await readFile(spec.recordFile, 'utf8'))).toMatchObject({ pid: child.pid });
    await child.stop(10_000);
    expect(await child.exited).toEqual({ code: null, signal: 'SIGTERM' });
    expect(await isThere(child.pid)).toBe(false);
    expect(await readdir(join(spec.recordFile, '..'))).toEqual([]);
  });

  test('that refuses is killed after the grace', async () => {
    const spec = await childOf(STUBBORN);
    const child = await startChild(spec);
    await untilLogged(spec, 'ready');
    await child.stop(300);
    expect(await child.exited).toEqual({ code: null, signal: 'SIGKILL' });
    expect(await logOf(spec)).toContain('no');
  });

  test('leaves its last words, not those of the one before', async () => {
    const spec = await childOf(DIES);
    for (let run = 0; run < 2; run++) {
      const child = await startChild(spec);
      expect(await child.exited).toEqual({ code: 3, signal: null });
      expect(await child.lastWords()).toEqual(['no database']);
    }
  });
});

describe('supervision', () => {
  async function supervised(script: string, policy = QUICK) {
    const spec = await childOf(script);
    const pids: number[] = [];
    const deaths: string[] = [];
    const givenUp: TrustMonitorError[] = [];
    const child = await supervise(spec, {
      onPid: (pid) => pids.push(pid),
      onDeath: (line, lastWords) => deaths.push([line, ...lastWords].join(' | ')),
      onGivenUp: (error) => givenUp.push(error),
      policy,
    });
    onTestFinished(() => child.stop(1_000));
    return { spec, child, pids, deaths, givenUp };
  }

  test('starts a child again that has died, and tells why', async () => {
    const { spec, child, pids, deaths } = await supervised(SERVES);
    await untilLogged(spec, 'ready');
    process.kill(pids[0]!, 'SIGKILL');
    await vi.waitFor(() => expect(pids).toHaveLength(2), { timeout: 15_000 });
    expect(deaths).toEqual(['child was ended by SIGKILL; it is started again in 0.01s | ready']);
    await child.stop(10_000);
    expect(await isThere(pids[1]!)).toBe(false);
  });

  test('gives up on a child that dies again and again, with its last words', async () => {
    const { pids, deaths, givenUp, spec } = await supervised(DIES);
    await vi.waitFor(() => expect(givenUp).toHaveLength(1), { timeout: 15_000 });
    expect([pids.length, deaths.length]).toEqual([3, 2]);
    expect(givenUp[0]).toMatchObject({
      message: expect.stringMatching(/^child ended with exit code 3 .*\n {4}no database$/),
      where: spec.logFile,
    });
  });

  test('ends while it waits to start a child again', async () => {
    const patient = { ...QUICK, firstDelayMs: 60_000, longestDelayMs: 60_000 };
    const { child, pids, deaths } = await supervised(DIES, patient);
    await vi.waitFor(() => expect(deaths).toHaveLength(1), { timeout: 15_000 });
    await child.stop(1_000);
    expect(pids).toHaveLength(1);
  });
});

describe('what a killed stack has left behind', () => {
  test('is stopped before the next start', async () => {
    const spec = await childOf(SERVES);
    const child = await startChild(spec);
    await untilLogged(spec, 'ready');
    const said: string[] = [];
    await stopOrphans(join(spec.recordFile, '..'), (line) => said.push(line));
    expect(await isThere(child.pid)).toBe(false);
    expect(said).toEqual([
      `stopping child (process ${child.pid}), left behind by a stack that was killed`,
    ]);
  });

  test('is not mistaken for a process that has its pid now', async () => {
    const folder = await scratchFolder();
    const stranger = { pid: process.pid, birth: 'long ago' };
    await writeFile(join(folder, 'child.json'), JSON.stringify(stranger));
    await writeFile(join(folder, 'other.json'), 'cut sho');
    await stopOrphans(folder, (line) => expect.fail(line));
    expect(await readdir(folder)).toEqual([]);
    expect(await isAlive((await identityOf(process.pid))!)).toBe(true);
  });

  test('is nothing on the first start', async () => {
    await expect(stopOrphans('/nonexistent', () => undefined)).resolves.toBeUndefined();
  });
});
