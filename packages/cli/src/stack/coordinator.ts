/** The coordinators' processes: one, or several that share the monitors among themselves. */
import { TrustMonitorError } from '@trustmonitor/protocol';
import { ApiClient } from '../api/client.ts';
import { formatHttpAddress, freeAddress, urlOf, type HttpAddress } from './http-address.ts';
import { STOP_GRACE_MS, filesOf, supervisionOf, type Runtime } from './runtime.ts';
import { coordinatorScript } from './scripts.ts';
import type { Note } from './steps.ts';
import { supervise, type Supervised } from './supervise.ts';
import { until } from './until.ts';

const READY_LIMIT_MS = 60_000;

export interface CoordinatorServers {
  readonly natsUrl: string;
  readonly databaseUrl: string;
}

/** One coordinator of a stack. */
export interface Replica {
  /** Of its process, its log and its record. */
  readonly name: string;
  readonly http: HttpAddress;
}

/** The first gets the wanted address, or the next that is free; the others follow upon it. */
export async function placeReplicas(
  wanted: HttpAddress,
  count: number,
  note: Note,
): Promise<[Replica, ...Replica[]]> {
  const replicas: [Replica] = [{ name: 'coordinator', http: await freeAddress(wanted, note) }];
  let { port } = replicas[0].http;
  for (let number = 2; number <= count; number++) {
    const http = await freeAddress({ host: wanted.host, port: port + 1 }, () => undefined);
    replicas.push({ name: `coordinator-${number}`, http });
    ({ port } = http);
  }
  return replicas;
}

/**
 * Starts them; `waitUntilReady` says when one can do its job.
 *
 * They have keys, tokens and the broker's account in common, and one public address, which is that
 * of the first: whoever answers a request there, the links in it are the same.
 */
export async function startCoordinators(
  replicas: readonly [Replica, ...Replica[]],
  servers: CoordinatorServers,
  runtime: Runtime,
): Promise<void> {
  const started: Supervised[] = [];
  runtime.cleanup.add({
    name: replicas.length === 1 ? 'coordinator' : 'coordinators',
    stop: async () => {
      await Promise.all(started.map((coordinator) => coordinator.stop(STOP_GRACE_MS)));
    },
  });
  const publicUrl = runtime.settings.publicUrl ?? urlOf(replicas[0].http);
  for (const replica of replicas) {
    started.push(await startCoordinator(replica, { ...servers, publicUrl }, runtime));
  }
}

function startCoordinator(
  { name, http }: Replica,
  { natsUrl, databaseUrl, publicUrl }: CoordinatorServers & { readonly publicUrl: string },
  runtime: Runtime,
): Promise<Supervised> {
  const { paths, settings } = runtime;
  return supervise(
    {
      name,
      script: coordinatorScript(),
      args: [],
      env: {
        ...settings.environment,
        DATABASE_URL: databaseUrl,
        TM_NATS_URL: natsUrl,
        TM_NETWORK: settings.network,
        TM_NATS_SEED_FILE: paths.coordinatorSeedFile,
        TM_NATS_ACCOUNT_SEED_FILE: paths.natsAccountSeedFile,
        TM_REPORT_KEY_FILE: paths.reportKeyFile,
        TM_LOG_KEY_FILE: paths.logKeyFile,
        TM_PUSH_KEY_FILE: paths.pushKeyFile,
        TM_ENROLMENT_KEY_FILE: paths.enrolmentKeyFile,
        TM_ROOT_FILE: paths.rootFile,
        TM_KEYRING_FILE: paths.keyringFile,
        TM_HTTP_ADDR: formatHttpAddress(http),
        TM_PUBLIC_URL: publicUrl,
        TM_ADMIN_TOKEN_FILE: paths.adminTokenFile,
        TM_LOG_LEVEL: settings.logLevel,
      },
      ...filesOf(name, runtime),
    },
    supervisionOf(name, runtime),
  );
}

/** Waits until `/readyz` says so. Throws `api.unreachable` with what is still missing. */
export async function waitUntilReady({ name, http }: Replica, signal: AbortSignal): Promise<void> {
  // Health is nobody's secret, and the token may not have been made yet.
  const api = new ApiClient({ url: new URL(urlOf(http)), token: null });
  let missing = 'it does not listen yet';
  const isReady = await until(
    async () => {
      const health = await api.readiness().catch(() => null);
      if (health === null) return null;
      const failing = health.checks.filter(({ ok }) => !ok);
      missing = failing.map(({ name, detail }) => `${name}: ${detail}`).join('; ');
      return health.status === 'ok' ? true : null;
    },
    { withinMs: READY_LIMIT_MS, signal },
  );
  if (isReady === null) {
    throw new TrustMonitorError(
      'api.unreachable',
      `the ${name} is not ready after ${READY_LIMIT_MS / 1_000}s: ${missing}`,
      { where: urlOf(http), hint: `its log is logs/${name}.log in the data folder` },
    );
  }
}
