/** Everything on this machine, in the order in which it starts. */
import { formatVkey } from '@trustmonitor/evidence';
import { ApiClient } from '../api/client.ts';
import { readToken } from '../api/locate.ts';
import { regions } from '../output/words.ts';
import { startAgents, waitForAgents, type AgentServers } from './agents.ts';
import {
  placeReplicas,
  startCoordinators,
  waitUntilReady,
  type CoordinatorServers,
  type Replica,
} from './coordinator.ts';
import { hasRunDemo, startDemoTarget, waitForDemoTarget } from './demo.ts';
import { ensurePrivateFolder } from './files.ts';
import { firstVerdict } from './first-verdict.ts';
import { urlOf, type HttpAddress } from './http-address.ts';
import { ensureKeyRing } from './key-ring.ts';
import { ensureKeys, type StackKeys } from './keys.ts';
import { lockFolder } from './lock.ts';
import { ensureMembers, type Member } from './members.ts';
import { startNats } from './nats.ts';
import { stopOrphans } from './orphans.ts';
import { startPostgres } from './postgres.ts';
import type { PublishedStack } from './published-stack.ts';
import type { Runtime } from './runtime.ts';
import type { DemoDescription } from './stack-file.ts';
import type { Note, Outcome, Steps } from './steps.ts';

export interface StartOptions {
  /** Of the first coordinator. */
  readonly http: HttpAddress;
  /** How many coordinators share the monitors. */
  readonly coordinators: number;
  /** False when the user has brought monitors. */
  readonly wantsDemo: boolean;
  /** Brings the monitors into force; returns what it has done, in a clause. */
  readonly applyMonitors: (api: ApiClient, demo: DemoDescription | null) => Promise<string>;
}

export interface StartedStack {
  readonly apiUrl: string;
  /** All coordinators, the first one first. */
  readonly coordinatorUrls: readonly string[];
  readonly demo: DemoDescription | null;
  /** Address of the console that signs a browser in, once. */
  readonly signInLink: string;
}

/** Each line is a step that the reader sees. Whatever was started is in the runtime's cleanup. */
export async function startStack(
  options: StartOptions,
  runtime: Runtime,
  published: PublishedStack,
  steps: Steps,
): Promise<StartedStack> {
  const { signal } = runtime;
  await steps.run('data folder', (note) => openDataFolder(runtime, note));
  const { keys, members } = await steps.run('keys', () => openKeys(runtime));
  await steps.run('key ring', () => openKeyRing(keys, members, runtime));
  const [natsUrl, databaseUrl] = await bothOf(
    steps.run('NATS', (note) => startNats(keys, runtime, note)),
    steps.run('PostgreSQL', (note) => startPostgres(runtime, note)),
  );
  const replicas = await placeReplicas(options.http, options.coordinators, steps.note);
  const servers = { natsUrl, databaseUrl, logVkey: formatVkey(keys.logKey), keys };
  const hasDemo = await launch(servers, { members, replicas }, options, runtime);
  const demo = await steps.run('demo target', () => meetDemoTarget(hasDemo, runtime));
  const coordinators = await steps.run(replicas.length === 1 ? 'coordinator' : 'coordinators', () =>
    meetCoordinators(replicas, signal),
  );
  const apiUrl = urlOf(replicas[0].http);
  await published.publish({ ...describe(runtime), apiUrl, coordinators, natsUrl, demo });
  const api = await openApi(apiUrl, runtime);
  await steps.run('agents', () => meetAgents(api, members, runtime));
  await steps.run('monitors', async () => done(await options.applyMonitors(api, demo)));
  await steps.run('first verdict', async () => done(await firstVerdict(api, signal)));
  const coordinatorUrls = coordinators.map(({ url }) => url);
  return { apiUrl, coordinatorUrls, demo, signInLink: await api.signInLink() };
}

function done(said: string): Outcome<void> {
  return { value: undefined, said };
}

async function openDataFolder(runtime: Runtime, note: Note): Promise<Outcome<void>> {
  const { paths, cleanup } = runtime;
  await ensurePrivateFolder(paths.root);
  const unlock = await lockFolder(paths);
  cleanup.add({ name: null, stop: unlock });
  await stopOrphans(paths.recordsFolder, note);
  await ensurePrivateFolder(paths.keysFolder);
  await ensurePrivateFolder(paths.logsFolder);
  return done(paths.root);
}

async function openKeys({
  paths,
  settings,
}: Runtime): Promise<Outcome<{ keys: StackKeys; members: Member[] }>> {
  const keys = await ensureKeys(paths, settings.network);
  const members = await ensureMembers(paths);
  const said = keys.isNew
    ? `made a root key (keys/root.key, keep it safe); outsiders pin root.json`
    : `those of the network "${settings.network}", as before`;
  return { value: { keys, members }, said };
}

async function openKeyRing(
  keys: StackKeys,
  members: readonly Member[],
  { paths }: Runtime,
): Promise<Outcome<void>> {
  const { version, isNew } = await ensureKeyRing(paths, keys, members, Date.now());
  const what = isNew ? 'signed by the root' : 'as before';
  return done(`version ${version}, ${what}: one report key, ${members.length} agents`);
}

interface Processes {
  readonly members: readonly Member[];
  readonly replicas: readonly [Replica, ...Replica[]];
}

/**
 * Starts our own processes side by side: each is busy for a second before it serves, and the
 * agents should be there for the coordinator's first rounds. True with a demo target.
 */
async function launch(
  servers: CoordinatorServers & AgentServers,
  { members, replicas }: Processes,
  { wantsDemo }: StartOptions,
  runtime: Runtime,
): Promise<boolean> {
  // Once made, the demo monitor is in the database: without its target it would be down.
  const hasDemo = wantsDemo || (await hasRunDemo(runtime));
  if (hasDemo) await startDemoTarget(runtime);
  await startCoordinators(replicas, servers, runtime);
  await startAgents(members, servers, runtime);
  return hasDemo;
}

async function meetDemoTarget(
  hasDemo: boolean,
  runtime: Runtime,
): Promise<Outcome<DemoDescription | null>> {
  if (!hasDemo) return { value: null, said: 'not needed' };
  const demo = await waitForDemoTarget(runtime);
  return { value: demo, said: demo.url };
}

async function meetCoordinators(
  replicas: readonly Replica[],
  signal: AbortSignal,
): Promise<Outcome<{ name: string; url: string }[]>> {
  await Promise.all(replicas.map((replica) => waitUntilReady(replica, signal)));
  const met = replicas.map(({ name, http }) => ({ name, url: urlOf(http) }));
  return { value: met, said: `ready on ${met.map(({ url }) => url).join(', ')}` };
}

async function openApi(apiUrl: string, { paths }: Runtime): Promise<ApiClient> {
  const token = await readToken(paths.adminTokenFile);
  return new ApiClient({ url: new URL(apiUrl), token });
}

async function meetAgents(
  api: ApiClient,
  members: readonly Member[],
  { signal, settings }: Runtime,
): Promise<Outcome<void>> {
  const alive = await waitForAgents(api, members, signal);
  const names = members.map(({ region }) => region).join(', ');
  return done(
    `${alive} of ${regions(members.length)} alive (${names}), all on this machine; ` +
      `they may probe ${settings.allowTargets || 'public addresses only'}`,
  );
}

function describe({ settings }: Runtime): { version: string; network: string; startedAt: string } {
  const { version, network } = settings;
  return { version, network, startedAt: new Date().toISOString() };
}

/** Waits for both even when one fails: what the other has started must be known to be stopped. */
async function bothOf<A, B>(a: Promise<A>, b: Promise<B>): Promise<[A, B]> {
  await Promise.allSettled([a, b]);
  return [await a, await b];
}
