/** The coordinator's process. */
import { TrustMonitorError } from '@trustmonitor/protocol';
import { ApiClient } from '../api/client.ts';
import { transportTo } from '../api/transport.ts';
import { formatHttpAddress, urlOf, type HttpAddress } from './http-address.ts';
import { STOP_GRACE_MS, filesOf, supervisionOf, type Runtime } from './runtime.ts';
import { coordinatorScript } from './scripts.ts';
import { supervise } from './supervise.ts';
import { until } from './until.ts';

const READY_LIMIT_MS = 60_000;

export interface CoordinatorServers {
  readonly natsUrl: string;
  readonly databaseUrl: string;
  readonly http: HttpAddress;
}

/** Starts it; `waitUntilReady` says when it can do its job. */
export async function startCoordinator(
  { natsUrl, databaseUrl, http }: CoordinatorServers,
  runtime: Runtime,
): Promise<void> {
  const { paths, settings } = runtime;
  const coordinator = await supervise(
    {
      name: 'coordinator',
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
        TM_PUBLIC_URL: settings.publicUrl ?? urlOf(http),
        TM_ADMIN_TOKEN_FILE: paths.adminTokenFile,
        TM_LOG_LEVEL: settings.logLevel,
      },
      ...filesOf('coordinator', runtime),
    },
    supervisionOf('coordinator', runtime),
  );
  runtime.cleanup.add({ name: 'coordinator', stop: () => coordinator.stop(STOP_GRACE_MS) });
}

/** Waits until `/readyz` says so. Throws `api.unreachable` with what is still missing. */
export async function waitUntilReady(http: HttpAddress, signal: AbortSignal): Promise<void> {
  // Health is nobody's secret, and the token may not have been made yet.
  const api = new ApiClient(transportTo({ url: new URL(urlOf(http)), token: null }));
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
      `the coordinator is not ready after ${READY_LIMIT_MS / 1_000}s: ${missing}`,
      { where: urlOf(http), hint: 'its log is logs/coordinator.log in the data folder' },
    );
  }
}
