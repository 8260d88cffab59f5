/** The agent as the process that operators run. */
import { spawn, type ChildProcess } from 'node:child_process';
import { readdir } from 'node:fs/promises';
import { resolve } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { httpCheck, startNetwork, type LogLine, type TestNetwork } from './kit/network.ts';
import { expectOneChain } from './kit/results.ts';
import { startTarget, type Target } from './kit/target.ts';

vi.setConfig({ testTimeout: 60_000 });

const MAIN = resolve(import.meta.dirname, '../dist/main.js');

let network: TestNetwork;
let target: Target;
const children: AgentProcess[] = [];

beforeEach(async () => {
  network = await startNetwork();
  target = await startTarget();
});

afterEach(async () => {
  for (const { child } of children) child.kill('SIGKILL');
  await Promise.all(children.splice(0).map(({ exited }) => exited));
  await network.stop();
  await target.stop();
});

interface AgentProcess {
  readonly child: ChildProcess;
  readonly lines: LogLine[];
  readonly stderr: () => string;
  readonly exited: Promise<{ code: number | null; signal: NodeJS.Signals | null }>;
  /** Resolves when a line with this message was logged. */
  said(message: string): Promise<void>;
}

function run(env: Record<string, string>): AgentProcess {
  const child = spawn(process.execPath, [MAIN], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  const lines: LogLine[] = [];
  let rest = '';
  let errors = '';
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    const parts = (rest + chunk).split('\n');
    rest = parts.pop() ?? '';
    lines.push(...parts.map((line) => JSON.parse(line) as LogLine));
  });
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => (errors += chunk));
  const exited = new Promise<{ code: number | null; signal: NodeJS.Signals | null }>((done) =>
    child.once('close', (code, signal) => done({ code, signal })),
  );
  const said = (message: string) =>
    until(() => expect(lines.map(({ msg }) => msg)).toContain(message));
  const agent = { child, lines, exited, said, stderr: () => errors };
  children.push(agent);
  return agent;
}

const until = <T>(check: () => T | Promise<T>): Promise<T> =>
  vi.waitFor(check, { timeout: 20_000, interval: 20 });

/** Sends jobs until the agent, which may just be starting, has answered any of them. */
async function firstResult(): Promise<void> {
  const check = httpCheck(target.url);
  const rounds: string[] = [];
  const results = () => rounds.flatMap((round) => network.coordinator.resultsOf(round));
  await until(async () => {
    const job = network.job(check);
    rounds.push(job.round);
    network.coordinator.send(job);
    await vi.waitFor(() => expect(results()).not.toEqual([]), { timeout: 500 });
  });
}

describe('the process', () => {
  test('works until SIGTERM, then delivers what it has and exits with 0', async () => {
    const { env, dataDirectory } = await network.enrolAgent('eu-1');
    const agent = run(env);
    await firstResult();

    let release = (): void => undefined;
    const gate = new Promise<void>((done) => (release = done));
    const slow = await startTarget(
      (_request, response) => void gate.then(() => response.end('ok')),
    );
    const job = network.job(httpCheck(slow.url));
    network.coordinator.send(job);
    await until(() => expect(slow.requests).toBe(1));
    agent.child.kill('SIGTERM');
    await agent.said('agent stops');
    release();

    expect(await agent.exited).toEqual({ code: 0, signal: null });
    expect(network.coordinator.resultsOf(job.round)).toHaveLength(1);
    expect(agent.lines.at(-1)).toMatchObject({ msg: 'agent stopped', spooledBatches: 0 });
    expect(await readdir(dataDirectory)).not.toContain('agent.lock');
    expectOneChain(network.coordinator.batches);
    await slow.stop();
  });

  test('abandons a probe that does not end, and is silent about it', async () => {
    const { env } = await network.enrolAgent('eu-1');
    const agent = run(env);
    await firstResult();
    const stuck = await startTarget(() => undefined);
    const job = network.job(httpCheck(stuck.url, { timeoutMs: 60_000 }), { expiresInMs: 60_000 });
    network.coordinator.send(job);
    await until(() => expect(stuck.requests).toBe(1));
    agent.child.kill('SIGINT');
    expect(await agent.exited).toEqual({ code: 0, signal: null });
    expect(network.coordinator.resultsOf(job.round)).toEqual([]);
    await stuck.stop();
  });

  test('stops in time when nobody receipts, and the next one delivers the rest', async () => {
    network.coordinator.policy = () => null;
    const { env } = await network.enrolAgent('eu-1');
    const agent = run(env);
    await firstResult();
    agent.child.kill('SIGTERM');
    expect(await agent.exited).toEqual({ code: 0, signal: null });
    expect(agent.lines.at(-1)).toMatchObject({ msg: 'agent stopped' });
    const sealed = network.coordinator.batches.length;

    const delivered = network.coordinator.deliveries.length;
    network.coordinator.policy = () => 'committed';
    run(env);
    await until(() => expect(network.coordinator.deliveries.length).toBe(delivered + sealed));
    await firstResult();
    expectOneChain(network.coordinator.batches);
  });

  test('killed with results in the spool, the next one delivers them, in one chain', async () => {
    network.coordinator.policy = () => null;
    const { env } = await network.enrolAgent('eu-1');
    const first = run(env);
    await firstResult();
    for (let i = 0; i < 50; i += 1) network.coordinator.send(network.job(httpCheck(target.url)));
    await until(() => expect(network.coordinator.results.length).toBeGreaterThan(50));
    first.child.kill('SIGKILL');
    expect((await first.exited).signal).toBe('SIGKILL');

    network.coordinator.policy = () => 'committed';
    const second = run(env);
    await firstResult();
    await until(() => expect(network.coordinator.beats.at(-1)?.spooledBatches).toBe(0));
    expectOneChain(network.coordinator.batches);
    expect(second.lines.every(({ level }) => level < 50)).toBe(true);
  });

  test('started before its broker, waits for it', async () => {
    const { env } = await network.enrolAgent('eu-1');
    await network.broker.kill();
    const agent = run(env);
    await agent.said('waiting for the broker');
    await network.broker.restart();
    await until(() => expect(network.coordinator.connected).toBe(true));
    await firstResult();
  });

  test('stopped while it waits for its broker, exits with 0', async () => {
    const { env } = await network.enrolAgent('eu-1');
    const agent = run({ ...env, TM_NATS_URL: 'nats://127.0.0.1:1' });
    await agent.said('waiting for the broker');
    agent.child.kill('SIGTERM');
    expect(await agent.exited).toEqual({ code: 0, signal: null });
  });

  test('exits with 2 and names the variable when a setting is bad', async () => {
    const { env } = await network.enrolAgent('eu-1');
    const agent = run({ ...env, TM_REGION: 'EU West', TM_CONCURRENCY: '0' });
    expect(await agent.exited).toEqual({ code: 2, signal: null });
    expect(agent.stderr()).toMatch(/TM_REGION is "EU West".*TM_CONCURRENCY is "0"/s);
    expect(agent.lines).toEqual([]);
  });

  test('exits with 1 when the broker does not know its key, and says which key', async () => {
    const { env, dataDirectory } = await network.enrolAgent('eu-1');
    const agent = run({ ...env, TM_DATA_DIR: `${dataDirectory}-other` });
    expect(await agent.exited).toEqual({ code: 1, signal: null });
    expect(agent.lines.at(-1)).toMatchObject({ code: 'nats.unavailable', msg: 'agent cannot run' });
    expect(agent.lines[0]?.['nkeyPublic']).toMatch(/^U[A-Z2-7]{55}$/);
  });

  test('exits with 1 when its folder is another agent’s', async () => {
    const { env } = await network.enrolAgent('eu-1');
    run(env);
    await firstResult();
    const second = run(env);
    expect(await second.exited).toEqual({ code: 1, signal: null });
    expect(second.lines.at(-1)).toMatchObject({ code: 'data.unwritable' });
  });

  test('logs no secret', async () => {
    const { env } = await network.enrolAgent('eu-1');
    const agent = run({ ...env, TM_LOG_LEVEL: 'trace' });
    await firstResult();
    agent.child.kill('SIGTERM');
    await agent.exited;
    const log = JSON.stringify(agent.lines) + agent.stderr();
    expect(log).not.toMatch(/SU[A-Z2-7]{56}|PRIVATE KEY/);
    expect(log).toContain('agent stopped');
  });
});
