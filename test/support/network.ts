/**
 * A whole network of real processes for one test file: nats-server, PostgreSQL, coordinator and
 * agents, each of which a test can kill, pause and start again.
 */
import { mkdtemp, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { ensureIdentity } from '@trustmonitor/agent';
import { createNkeySeed, publicNkey } from '@trustmonitor/bus';
import {
  formatVkey,
  jwkOf,
  majorityPolicy,
  noteKeyOf,
  publicKeyOf,
  rootFileOf,
  signKeyRing,
  type NoteKey,
  type Signer,
} from '@trustmonitor/evidence';
import { loadOrCreateSigner } from '@trustmonitor/evidence/node';
import {
  KEYRING_TYPE,
  agentPermissions,
  coordinatorPermissions,
  formatTimestamp,
  logOrigin,
  witnessName,
  type KeyRing,
  type Member,
  type RingKey,
} from '@trustmonitor/protocol';
import { createTestDatabase, testNats } from '@trustmonitor/testkit';
import { afterAll, onTestFailed } from 'vitest';
import { ApiClient } from './api-client.ts';
import { TestProcess } from './process.ts';
import { until } from './until.ts';

const PACKAGES = resolve(import.meta.dirname, '../../packages');
const NETWORK = 'e2e';
const YEAR_MS = 365 * 86_400_000;

export interface NetworkOptions {
  /** One agent per region. */
  readonly members: readonly Member[];
}

export interface Network {
  readonly api: ApiClient;
  /** Public root file, as `trustmonitor keys root` prints it. */
  readonly rootFile: string;
  readonly adminTokenFile: string;
  /** For tests that go behind the coordinator's back. */
  readonly databaseUrl: string;
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

type PublicJwk = Pick<RingKey, 'kty' | 'crv' | 'x' | 'kid' | 'alg'>;

interface Enrolled extends Member {
  readonly agent: string;
  readonly dataDirectory: string;
  readonly nkey: string;
  readonly voteKey: PublicJwk;
  readonly witnessKey: PublicJwk;
}

/** Call it at the top of a test file, outside of hooks; it cleans up by itself. */
export async function startNetwork(options: NetworkOptions): Promise<Network> {
  const processes = new Map<string, TestProcess>();
  const database = await createTestDatabase();
  const folder = await mkdtemp(join(tmpdir(), 'tm-e2e-'));
  const enrolled = await enrol(folder, options.members);
  const seed = createNkeySeed();
  const nats = await testNats({
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

  const launch = async (name: string, at: number): Promise<TestProcess> => {
    const child = new TestProcess(name, join(PACKAGES, 'coordinator/dist/main.js'), {
      DATABASE_URL: database.url,
      TM_NATS_URL: nats.url,
      TM_NETWORK: NETWORK,
      TM_HTTP_ADDR: `127.0.0.1:${at}`,
      ...files.coordinatorEnv,
    });
    processes.set(name, child);
    await until(`${name} ready\n${child.log}`, async () => {
      if (!child.isRunning) throw new Error(child.log);
      const { status } = await fetch(`${urlAt(at)}/readyz`);
      return status === 200 ? true : null;
    });
    return child;
  };
  const startCoordinator = async (): Promise<void> => {
    await launch('coordinator', port);
  };
  const startAgent = (region: string): void => {
    const member = enrolled.find((candidate) => candidate.region === region);
    if (member === undefined) throw new Error(`no region ${region}`);
    const child = new TestProcess(member.agent, join(PACKAGES, 'agent/dist/main.js'), {
      TM_NATS_URL: nats.url,
      TM_NETWORK: NETWORK,
      TM_REGION: region,
      TM_AGENT: member.agent,
      TM_DATA_DIR: member.dataDirectory,
      TM_LOG_VKEY: files.logVkey,
      TM_ALLOW_TARGETS: '127.0.0.0/8',
    });
    processes.set(region, child);
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
    databaseUrl: database.url,
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

/** Prints the logs of all processes when the running test fails. */
export function showLogsOnFailure(network: Network, regions: readonly string[]): void {
  onTestFailed(() => {
    const logs = [network.coordinator, ...regions.map((region) => network.agent(region))];
    process.stderr.write(logs.map(({ log }) => log).join('\n'));
  });
}

function named(processes: ReadonlyMap<string, TestProcess>, name: string): TestProcess {
  const found = processes.get(name);
  if (found === undefined) throw new Error(`no process ${name}`);
  return found;
}

async function enrol(folder: string, members: readonly Member[]): Promise<Enrolled[]> {
  const enrolled: Enrolled[] = [];
  for (const member of members) {
    const agent = `${member.region}-1`;
    const dataDirectory = join(folder, 'agents', agent);
    await mkdir(dataDirectory, { recursive: true, mode: 0o700 });
    const { nkeyPublic, ...keys } = await ensureIdentity(dataDirectory);
    enrolled.push({ ...member, agent, dataDirectory, nkey: nkeyPublic, ...keys });
  }
  return enrolled;
}

async function writeKeys(folder: string, enrolled: readonly Enrolled[], seed: string) {
  const path = (name: string): string => join(folder, name);
  const root = loadOrCreateSigner(path('root.pem'));
  const report = loadOrCreateSigner(path('report.pem'));
  const logSigner = loadOrCreateSigner(path('log.pem'));
  const logKey = noteKeyOf(logOrigin(NETWORK), 'ed25519', logSigner.publicKey);
  const ring = keyRingOf({ root, report, log: logSigner }, logKey, enrolled);
  await writeFile(path('root.json'), JSON.stringify(rootFileOf(ring)));
  await writeFile(path('keyring.json'), JSON.stringify([signKeyRing(ring, [root])]));
  await writeFile(path('nats.seed'), seed, { mode: 0o600 });
  return {
    rootFile: path('root.json'),
    adminTokenFile: path('admin.token'),
    logVkey: formatVkey(logKey),
    coordinatorEnv: {
      TM_NATS_SEED_FILE: path('nats.seed'),
      TM_REPORT_KEY_FILE: path('report.pem'),
      TM_LOG_KEY_FILE: path('log.pem'),
      TM_ROOT_FILE: path('root.json'),
      TM_KEYRING_FILE: path('keyring.json'),
      TM_ADMIN_TOKEN_FILE: path('admin.token'),
    },
  };
}

interface OwnKeys {
  readonly root: Signer;
  readonly report: Signer;
  readonly log: Signer;
}

function keyRingOf(own: OwnKeys, logKey: NoteKey, enrolled: readonly Enrolled[]): KeyRing {
  const now = Date.now();
  const validFor = { start: formatTimestamp(now), end: null };
  const common = { operator: 'e2e', validFor, revokedAtLogSize: null };
  const nowhere = { agent: null, region: null, group: null };
  return {
    _type: KEYRING_TYPE,
    network: NETWORK,
    version: 1,
    prev: null,
    issuedAt: formatTimestamp(now),
    expires: formatTimestamp(now + YEAR_MS),
    root: { threshold: 1, keys: [jwkOf(own.root.publicKey)] },
    keys: [
      { ...jwkOf(own.report.publicKey), ...common, ...nowhere, role: 'coordinator-report' },
      { ...jwkOf(own.log.publicKey), ...common, ...nowhere, role: 'log' },
      ...enrolled.flatMap(({ agent, region, group, voteKey, witnessKey }): RingKey[] => [
        { ...voteKey, ...common, agent, region, group, role: 'agent-vote' },
        { ...witnessKey, ...common, agent, region, group, role: 'agent-witness' },
      ]),
    ],
    policy: majorityPolicy(
      logKey,
      enrolled.map(({ agent, witnessKey }) => ({
        name: agent,
        key: noteKeyOf(witnessName(NETWORK, agent), 'cosignature', publicKeyOf(witnessKey)),
      })),
    ),
  };
}

const urlAt = (port: number): string => `http://127.0.0.1:${port}`;

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
