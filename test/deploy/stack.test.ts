/**
 * What deploy/compose starts, as processes: the keys and certificates that prepare.sh makes, three
 * nats-servers with its configuration, both coordinators and the agents with the environment of
 * compose.yaml; one agent stands behind a leaf server (deploy/nats/leaf.conf). Only addresses and folders
 * are others.
 */
import { execFile } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync } from 'node:fs';
import { rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createTestDatabase, testNatsBinary, testPostgres } from '@trustmonitor/testkit';
import { freePort } from '@trustmonitor/testkit/targets';
import pg from 'pg';
import { afterAll, beforeAll, expect, onTestFailed, test } from 'vitest';
import { ApiClient } from '../support/api-client.ts';
import { TestProcess } from '../support/process.ts';
import { startTarget } from '../support/target.ts';
import { until } from '../support/until.ts';
import { startDeployedServer, type DeployedServer } from './support/broker.ts';
import { DEPLOY, environmentOf, readCompose } from './support/compose.ts';
import { readSettings } from './support/env-file.ts';

const PACKAGES = resolve(import.meta.dirname, '../../packages');
const CLI = join(PACKAGES, 'cli/bin/trustmonitor.js');
/** A machine that is busy with other tests takes its time. */
const START_LIMIT_MS = 90_000;
const DATABASE_IN_FILE = /postgresql:\/\/\S+/;

const database = await createTestDatabase();
const target = await startTarget();
const scratch = mkdtempSync(join(tmpdir(), 'tm-deploy-'));
const at = (...names: readonly string[]) => join(scratch, ...names);
const servers: DeployedServer[] = [];
const agents: TestProcess[] = [];
const coordinators: TestProcess[] = [];
let api: ApiClient;
const ports = {
  client: [] as number[],
  route: [] as number[],
  leaf: [] as number[],
  http: [] as number[],
};
/** Where the agents behind NAT find their leaf server. */
let leafPort: number;
const BEHIND_NAT = 'ap-south';

afterAll(async () => {
  for (const agent of agents) await agent.end('SIGTERM');
  await Promise.all(coordinators.map((one) => one.end('SIGTERM')));
  for (const server of servers) await server.stop();
  await target.close();
  await rm(scratch, { recursive: true, force: true });
});

function run(
  command: string,
  args: readonly string[],
  env: Record<string, string> = {},
  input = '',
) {
  return new Promise<string>((done, failed) => {
    const options = { env: { PATH: process.env['PATH'], ...env } };
    const child = execFile(command, args, options, (error, out, err) => {
      if (error === null) done(out);
      else failed(new Error(`${command} ${args.join(' ')}: ${err}${out}`, { cause: error }));
    });
    child.stdin?.end(input);
  });
}

const tm = (...args: readonly string[]) => run(process.execPath, [CLI, ...args]);

async function prepare(): Promise<void> {
  await writeFile(at('passphrase'), 'correct horse\n');
  await run(join(DEPLOY, 'compose/prepare.sh'), ['acme', at('passphrase')], {
    TM_STATE: at('state'),
    TM_ENV_FILE: at('env'),
    TRUSTMONITOR: `${process.execPath} ${CLI}`,
  });
  for (const list of [ports.client, ports.route, ports.leaf]) {
    while (list.length < 3) list.push(await freePort());
  }
  while (ports.http.length < 2) ports.http.push(await freePort());
  leafPort = await freePort();
}

/** Names that only containers know, as this machine has them. */
const hosts = (port: number, local: readonly number[]) =>
  [1, 2, 3].map((n) => [`nats-${n}:${port}`, `127.0.0.1:${local[n - 1]}`] as const);

async function startBroker(): Promise<void> {
  const binary = await testNatsBinary();
  for (const n of [0, 1, 2]) {
    const moves = new Map([
      ['0.0.0.0:4222', `127.0.0.1:${ports.client[n]}`],
      ['0.0.0.0:6222', `127.0.0.1:${ports.route[n]}`],
      ['0.0.0.0:7422', `127.0.0.1:${ports.leaf[n]}`],
      ['127.0.0.1:8222', `127.0.0.1:${await freePort()}`],
      ...hosts(6222, ports.route),
    ]);
    const environment = { NATS_NAME: `nats-${n + 1}` };
    const folder = at(`nats-${n + 1}`);
    const file = 'compose/nats.conf';
    servers.push(
      startDeployedServer({ binary, file, folder, moves, environment }, at('state/nats')),
    );
  }
}

/** It goes out to the second of the brokers: the first will be lost. */
async function startLeaf(agent: string): Promise<void> {
  const state = at('leaf-state');
  mkdirSync(state);
  for (const name of ['ca.pem', 'server.pem', 'server.key', 'trust.conf']) {
    copyFileSync(at('state/nats', name), join(state, name));
  }
  const ring = ['--data', at('state/offline'), '--output', join(state, 'leaf.creds')];
  const printed = await tm('keys', 'leaf', '--region', BEHIND_NAT, '--agent', agent, ...ring);
  const moves = new Map([
    ['0.0.0.0:4222', `127.0.0.1:${leafPort}`],
    ['127.0.0.1:8222', `127.0.0.1:${await freePort()}`],
  ]);
  const environment = {
    NATS_NAME: 'nats-ap-south',
    NATS_HUB: `tls://127.0.0.1:${ports.leaf[1]}`,
    ...readSettings(printed),
  };
  const binary = await testNatsBinary();
  const file = 'nats/leaf.conf';
  const folder = at('leaf');
  servers.push(startDeployedServer({ binary, file, folder, moves, environment }, state));
}

function environment(service: string, more: Iterable<readonly [string, string]>) {
  const variables = readSettings(readFileSync(at('env'), 'utf8'));
  const compose = readCompose({
    ...variables,
    // The internet is not part of the test.
    TM_CANARIES: `tcp://127.0.0.1:${ports.client[1]}`,
    TM_PUBLIC_URL: `http://127.0.0.1:${ports.http[0]}`,
  });
  return environmentOf(compose, service, new Map([...hosts(4222, ports.client), ...more]));
}

async function startCoordinator(n: 1 | 2, databaseUrl: string): Promise<void> {
  const port = ports.http[n - 1];
  const env = environment(`coordinator-${n}`, [
    ['/run/trustmonitor', at('state/coordinator')],
    ['0.0.0.0:7070', `127.0.0.1:${port}`],
  ]);
  expect(env['DATABASE_URL']).toMatch(DATABASE_IN_FILE);
  env['DATABASE_URL'] = databaseUrl;
  const script = join(PACKAGES, 'coordinator/dist/main.js');
  const child = new TestProcess(`coordinator-${n}`, script, env);
  coordinators[n - 1] = child;
  await until(
    `coordinator-${n} to be ready`,
    async () => {
      const { status } = await fetch(`http://127.0.0.1:${port}/healthz`);
      return status === 200 ? true : null;
    },
    START_LIMIT_MS,
  ).catch((cause: unknown) => {
    throw new Error([child.log, ...servers.map(({ log }) => log())].join('\n'), { cause });
  });
}

async function startAgent(region: string): Promise<void> {
  const { body } = await api.call<{ token: string }>('POST', '/v1/agents/join-tokens', { region });
  const name = `${region}-1`;
  const folder = at('agents', name);
  mkdirSync(folder, { recursive: true });
  const args = ['agent', 'join', '--url', api.url, '--name', name, '--data', folder];
  await run(process.execPath, [CLI, ...args], {}, `${body.token}\n`);
  const env = environment(`agent-${name}`, [
    ['/var/lib/trustmonitor', folder],
    ['/run/trustmonitor/ca.pem', at('state/ca.pem')],
    ['0.0.0.0:9464', '127.0.0.1:0'],
  ]);
  env['TM_ALLOW_TARGETS'] = '127.0.0.0/8';
  if (region === BEHIND_NAT) {
    await startLeaf(name);
    env['TM_NATS_URL'] = `tls://127.0.0.1:${leafPort}`;
  }
  agents.push(new TestProcess(name, join(PACKAGES, 'agent/dist/main.js'), env));
}

beforeAll(async () => {
  await prepare();
  await startBroker();
  await startCoordinator(1, database.url);
  const token = readFileSync(at('state/coordinator/admin.token'), 'utf8').trim();
  api = new ApiClient(`http://127.0.0.1:${ports.http[0]}`, token);
  await startCoordinator(2, database.url);
  await Promise.all(['eu-west', 'us-east', BEHIND_NAT].map(startAgent));
});

const showLogs = () =>
  onTestFailed(() => {
    const logs = [...coordinators, ...agents].map(({ log }) => log);
    process.stderr.write([...logs, ...servers.map(({ log }) => log())].join('\n'));
  });

/** A round that is opened from now on. By the monitor's quorum all three regions must say so. */
async function fullRound(verdict: string): Promise<void> {
  const from = Date.now();
  const round = await until(`all three to say ${verdict}`, async () => {
    const { data } = await api.rounds('shop');
    return data.find((one) => one.verdict === verdict && Date.parse(one.openedAt) > from);
  });
  expect(round.votes.map(({ vote }) => vote)).toEqual([verdict, verdict, verdict]);
}

test('regions decide together over a cluster with TLS', async () => {
  showLogs();
  const made = await api.call('POST', '/v1/monitors', {
    id: 'shop',
    name: 'Shop',
    url: target.url,
    mode: 'all',
    quorum: 'all',
    interval: '1s',
    timeout: '900ms',
    confirm: { rounds: 1, after: '0s' },
  });
  expect(made.status).toBe(201);
  await fullRound('up');
  target.fail('all');
  await fullRound('down');
  await until('the incident', async () => (await api.incidents('shop')).data[0]);
  target.fail([]);
  await fullRound('up');
});

test('both coordinators have a share, and one goes on alone', async () => {
  showLogs();
  const health = async () => {
    const all = await Promise.all(
      ports.http.map(async (port) => (await fetch(`http://127.0.0.1:${port}/readyz`)).text()),
    );
    return all.every((text) => /decides about [1-9]\d* of 16 shards/.test(text)) || null;
  };
  await until('both to decide', health);
  await coordinators[1]?.end('SIGTERM');
  await fullRound('up');
});

test('one server of the three is lost: everybody moves to another', async () => {
  showLogs();
  await servers[0]?.stop();
  await fullRound('up');
});

test('restored from a copy of its last moment, the log is whole and the witnesses agree', async () => {
  showLogs();
  await coordinators[0]?.end('SIGTERM');
  const copy = `${testPostgres().runId}_restored`;
  const admin = new pg.Client({ connectionString: testPostgres().url });
  await admin.connect();
  // What pg_dump and pg_restore do on a server that has them: every row, as of one moment.
  await admin.query(`CREATE DATABASE ${copy} TEMPLATE ${database.name}`);
  await admin.end();
  const url = new URL(database.url);
  url.pathname = `/${copy}`;
  const size = async () =>
    Number((await (await fetch(`${api.url}/log/checkpoint`)).text()).split('\n')[1]);
  await startCoordinator(1, url.href);
  const before = await size();
  await until('a cosigned head beyond the backup', async () =>
    (await size()) > before + 10 ? true : null,
  );
  copyFileSync(at('state/coordinator/root.json'), at('root.json'));
  const token = ['--token-file', at('state/coordinator/admin.token')];
  const said = await tm('log', 'audit', '--root', at('root.json'), '--url', api.url, ...token);
  expect(said).toContain('PASSED');
  expect(coordinators[0]?.log).not.toContain('refuses to cosign');
});
