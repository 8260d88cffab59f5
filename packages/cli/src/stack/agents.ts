/** The agents' processes: one for each member. */
import { writeCredential } from '@trustmonitor/agent';
import { issueCredential, type BrokerSeeds } from '@trustmonitor/bus';
import { agentPermissions } from '@trustmonitor/protocol';
import type { ApiClient } from '../api/client.ts';
import type { StackKeys } from './keys.ts';
import type { Member } from './members.ts';
import {
  STOP_GRACE_MS,
  environmentWithout,
  filesOf,
  supervisionOf,
  type Runtime,
} from './runtime.ts';
import { agentScript } from './scripts.ts';
import { supervise, type Supervised } from './supervise.ts';
import { until } from './until.ts';

const ALIVE_LIMIT_MS = 30_000;

/** An agent needs none of these, and what it does not have it cannot lose. */
const NOT_FOR_AGENTS = [
  'DATABASE_URL',
  'TM_TOKEN',
  'TM_TOKEN_FILE',
  'TM_NATS_SEED_FILE',
  'TM_OPA_TOKEN',
];

export interface AgentServers {
  readonly natsUrl: string;
  /** Verifier key of the log that agents witness. */
  readonly logVkey: string;
  readonly keys: Pick<StackKeys, 'broker'>;
}

export async function startAgents(
  members: readonly Member[],
  servers: AgentServers,
  runtime: Runtime,
): Promise<void> {
  const started: Supervised[] = [];
  runtime.cleanup.add({
    name: 'agents',
    stop: async () => {
      await Promise.all(started.map((agent) => agent.stop(STOP_GRACE_MS)));
    },
  });
  for (const member of members) {
    await letIn(member, servers.keys.broker);
    started.push(await startAgent(member, servers, runtime));
  }
}

/** Long enough for the coordinator, which renews it from then on, to be up. */
const FIRST_CREDENTIAL_MS = 3_600_000;

async function letIn(
  { agent, region, dataDirectory, identity }: Member,
  { account }: BrokerSeeds,
): Promise<void> {
  const credential = await issueCredential(account, {
    nkey: identity.nkeyPublic,
    name: agent,
    ...agentPermissions(agent, region),
    expiresAtMs: Date.now() + FIRST_CREDENTIAL_MS,
  });
  await writeCredential(dataDirectory, credential);
}

function startAgent(
  member: Member,
  { natsUrl, logVkey }: AgentServers,
  runtime: Runtime,
): Promise<Supervised> {
  const { agent, region, dataDirectory } = member;
  const { settings } = runtime;
  const name = `agent-${agent}`;
  return supervise(
    {
      name: `agent ${agent}`,
      script: agentScript(),
      args: [],
      env: {
        ...environmentWithout(NOT_FOR_AGENTS, settings.environment),
        TM_NATS_URL: natsUrl,
        TM_LOG_VKEY: logVkey,
        TM_NETWORK: settings.network,
        TM_REGION: region,
        TM_AGENT: agent,
        TM_DATA_DIR: dataDirectory,
        TM_ALLOW_TARGETS: settings.allowTargets,
        TM_LOG_LEVEL: settings.logLevel,
      },
      ...filesOf(name, runtime),
    },
    supervisionOf(name, runtime),
  );
}

/** How many have reported by now; all of them, unless one takes very long. */
export async function waitForAgents(
  api: ApiClient,
  members: readonly Member[],
  signal: AbortSignal,
): Promise<number> {
  let alive = 0;
  await until(
    async () => {
      const agents = await api.network.agents();
      alive = agents.filter(({ state }) => state === 'alive').length;
      return alive >= members.length ? true : null;
    },
    { withinMs: ALIVE_LIMIT_MS, signal },
  );
  return alive;
}
