/**
 * A whole network of real processes for one test file: nats-server, PostgreSQL, coordinator and
 * agents, each of which a test can kill, pause and start again.
 */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createNkeySeed, publicNkey } from '@trustmonitor/bus';
import { agentPermissions, coordinatorPermissions, type Member } from '@trustmonitor/protocol';
import type { NatsConfig } from '@trustmonitor/servers';
import { createTestDatabase, testNats } from '@trustmonitor/testkit';
import { freePort } from '@trustmonitor/testkit/targets';
import { afterAll, onTestFailed } from 'vitest';
import { ApiClient } from './api-client.ts';
import { NETWORK, enrol, writeKeys, type Enrolled } from './network-keys.ts';
import { TestProcess } from './process.ts';
import { until } from './until.ts';

const PACKAGES = resolve(import.meta.dirname, '../../packages');

type Environment = Readonly<Record<string, string>>;

export interface NetworkOptions {
  /** One agent per region. */
  readonly members: readonly Member[];
  /** Starts another broker than the usual; whoever gives it also stops it. */
  readonly broker?: (config: NatsConfig) => Promise<{ readonly url: string }>;
  /** An empty database other than the usual. */
  readonly databaseUrl?: string;
  /**
   * What a process gets otherwise than the rest, given what it would get. It is named
   * `coordinator`, `coordinator-<port>`, or as its region.
   */
  readonly env?: (name: string, usual: Environment) => Environment;
  /** Runs instead of the agent, with its settings. */
  readonly agentScript?: string;
  /** Told all that the process of a name writes. */
  readonly onOutput?: (name: string, text: string) => void;
  /** A command that runs the process of this name; see `TestProcess`. */
  readonly wrapper?: (name: string) => readonly string[];
}

export interface Network {
  readonly api: ApiClient;
  /** Public root file, as `trustmonitor keys root` prints it. */
  readonly rootFile: string;
  readonly adminTokenFile: string;
  /** For tests that go behind the coordinator's back. */
  readonly databaseUrl: string;
  readonly brokerUrl: string;
  /** What lets a test speak to the broker as a coordinator does. */
  readonly brokerSeed: string;
  /** Where the agent of a region keeps its keys and its spool. */
  dataDirectory(region: string): string;
  /** All processes that were started, by name, as they were started last. */
  readonly running: ReadonlyMap<string, TestProcess>;
  /** The agent of a region. */
  agent(region: string): TestProcess;
  startAgent(region: string): void;
  readonly coordinator: TestProcess;
  /** Starts the coordinator again, on the same database and keys. */
  startCoordinator(): Promise<void>;
  /** Starts another one beside it, on the same database, broker and keys. */
  startReplica(): Promise<Replica>;
}

export interface Replica {
  readonly process: TestProcess;
  readonly api: ApiClient;
}

/** Call it at the top of a test file, outside of hooks; it cleans up by itself. */
export async function startNetwork(options: NetworkOptions): Promise<Network> {
  const processes = new Map<string, TestProcess>();
  const databaseUrl = options.databaseUrl ?? (await createTestDatabase()).url;
  const folder = await mkdtemp(join(tmpdir(), 'tm-e2e-'));
  const enrolled = await enrol(folder, options.members);
  const seed = createNkeySeed();
  const nats = await (options.broker ?? testNats)({
    users: [
      { nkey: publicNkey(seed), ...coordinatorPermissions('coordinator'), allowResponses: true },
      ...enrolled.map(({ agent, region, nkey }) => ({ nkey, ...agentPermissions(agent, region) })),
    ],
  });
  // Registered after those of the servers, so that it runs before they stop.
  afterAll(async () => {
    // The coordinator last: agents then still get their receipts.
    for (const child of [...processes.values()].toReversed()) await child.end('SIGTERM');
    await rm(folder, { recursive: true, force: true });
  });
  const files = await writeKeys(folder, enrolled, seed);
  const port = await freePort();
  const url = urlAt(port);

  const start = (name: string, script: string, usual: Environment): TestProcess => {
    const env = { ...usual, ...options.env?.(name, usual) };
    const wrapper = options.wrapper?.(name);
    const child = new TestProcess(name, resolve(PACKAGES, script), env, [], wrapper);
    child.onOutput = (text) => options.onOutput?.(name, text);
    processes.set(name, child);
    return child;
  };
  const launch = async (name: string, at: number): Promise<TestProcess> => {
    const child = start(name, 'coordinator/dist/main.js', {
      DATABASE_URL: databaseUrl,
      TM_NATS_URL: nats.url,
      TM_NETWORK: NETWORK,
      TM_HTTP_ADDR: `127.0.0.1:${at}`,
      ...files.coordinatorEnv,
    });
    const isReady = await until(`${name} ready\n${child.log}`, async () => {
      if (!child.isRunning) return false;
      const { status } = await fetch(`${urlAt(at)}/readyz`);
      return status === 200 ? true : null;
    });
    if (!isReady) throw new Error(`${name} did not start\n${child.log}`);
    return child;
  };
  const startCoordinator = async (): Promise<void> => {
    await launch('coordinator', port);
  };
  const startAgent = (region: string): void => {
    const member = memberOf(enrolled, region);
    start(region, options.agentScript ?? 'agent/dist/main.js', {
      TM_NATS_URL: nats.url,
      TM_NETWORK: NETWORK,
      TM_REGION: region,
      TM_AGENT: member.agent,
      TM_DATA_DIR: member.dataDirectory,
      TM_LOG_VKEY: files.logVkey,
      TM_ALLOW_TARGETS: '127.0.0.0/8',
    });
  };
  await startCoordinator();
  for (const { region } of options.members) startAgent(region);
  const token = (await readFile(files.adminTokenFile, 'utf8')).trim();
  const api = new ApiClient(url, token);
  await until('all agents alive', async () => {
    const { data } = await api.agents();
    return data.every(({ state }) => state === 'alive') ? true : null;
  });
  return {
    api,
    rootFile: files.rootFile,
    adminTokenFile: files.adminTokenFile,
    databaseUrl,
    brokerUrl: nats.url,
    brokerSeed: seed,
    running: processes,
    dataDirectory: (region) => memberOf(enrolled, region).dataDirectory,
    agent: (region) => named(processes, region),
    startAgent,
    get coordinator() {
      return named(processes, 'coordinator');
    },
    startCoordinator,
    async startReplica() {
      const at = await freePort();
      return {
        process: await launch(`coordinator-${at}`, at),
        api: new ApiClient(urlAt(at), token),
      };
    },
  };
}

/** What is told together is told within a second, where the usual ten are not what is tested. */
export async function tellSoon(api: Pick<ApiClient, 'call'>): Promise<void> {
  const { status } = await api.call('PUT', '/v1/routing', { groupInterval: '1s' });
  if (status !== 200) throw new Error(`PUT /v1/routing: ${status}`);
}

/** Prints the logs of all processes when the running test fails. */
export function showLogsOnFailure(network: Network, regions: readonly string[]): void {
  onTestFailed(() => {
    const logs = [network.coordinator, ...regions.map((region) => network.agent(region))];
    process.stderr.write(logs.map(({ log }) => log).join('\n'));
  });
}

function memberOf(enrolled: readonly Enrolled[], region: string): Enrolled {
  const member = enrolled.find((candidate) => candidate.region === region);
  if (member === undefined) throw new Error(`no region ${region}`);
  return member;
}

function named(processes: ReadonlyMap<string, TestProcess>, name: string): TestProcess {
  const found = processes.get(name);
  if (found === undefined) throw new Error(`no process ${name}`);
  return found;
}

const urlAt = (port: number): string => `http://127.0.0.1:${port}`;
