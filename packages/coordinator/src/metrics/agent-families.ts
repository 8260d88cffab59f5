/** Who is enrolled, and what heartbeats said last. */
import { isPush } from '@trustmonitor/protocol';
import type { AgentRoster } from '../agents.ts';
import type { KeyRings } from '../keyrings.ts';
import type { AgentStatus } from '../store/agents.ts';
import type { Family, Sample } from './exposition.ts';

export type Roster = Pick<AgentRoster, 'status' | 'isAlive'>;

interface Enrolled {
  readonly agent: string;
  readonly region: string;
  readonly isAlive: boolean;
  readonly status: AgentStatus | undefined;
}

export function agentFamilies(parts: {
  readonly keyRings: Pick<KeyRings, 'ring'>;
  readonly roster: Roster;
  readonly quarantine: { readonly regions: ReadonlySet<string> };
  readonly drains: { readonly regions: ReadonlySet<string>; readonly agents: ReadonlySet<string> };
}): Family[] {
  const agents = enrolledOf(parts);
  const regions = [...new Set(agents.map(({ region }) => region))];
  const membersOf = (some: ReadonlySet<string>): Sample[] =>
    regions.map((region) => ({ labels: { region }, value: Number(some.has(region)) }));
  return [
    {
      name: 'trustmonitor_region_quarantined',
      type: 'gauge',
      help: 'Whether a region is in quarantine: it is not asked in rounds.',
      samples: membersOf(parts.quarantine.regions),
    },
    {
      name: 'trustmonitor_region_drained',
      type: 'gauge',
      help: 'Whether an operator has taken a region out of the rounds.',
      samples: membersOf(parts.drains.regions),
    },
    {
      name: 'trustmonitor_agents_drained',
      type: 'gauge',
      help: 'Enrolled agents that an operator has told to take no jobs, by region.',
      samples: countByRegion(agents, ({ agent }) => Number(parts.drains.agents.has(agent))),
    },
    {
      name: 'trustmonitor_agents_enrolled',
      type: 'gauge',
      help: 'Agents that the key ring lets vote, by region.',
      samples: countByRegion(agents, () => 1),
    },
    {
      name: 'trustmonitor_agents_alive',
      type: 'gauge',
      help: 'Enrolled agents whose heartbeats come, by region.',
      samples: countByRegion(agents, ({ isAlive }) => Number(isAlive)),
    },
    {
      name: 'trustmonitor_agent_clock_skew_seconds',
      type: 'gauge',
      help: 'How far the clock of an agent that is alive is ahead of the coordinator.',
      samples: ofAlive(agents, ({ skewMs }) => (skewMs === null ? null : skewMs / 1_000)),
    },
    {
      name: 'trustmonitor_agent_spooled_batches',
      type: 'gauge',
      help: 'Batches that an agent that is alive keeps until they have a receipt.',
      samples: ofAlive(agents, ({ spooledBatches }) => spooledBatches),
    },
  ];
}

/** The coordinator's own vote key is no agent's, and an agent may have more than one key. */
function enrolledOf({
  keyRings,
  roster,
}: Omit<Parameters<typeof agentFamilies>[0], 'quarantine' | 'drains'>): Enrolled[] {
  const agents = new Map<string, Enrolled>();
  for (const key of keyRings.ring.standingKeysOf('agent-vote')) {
    const { agent, region } = key;
    if (agent === null || region === null || isPush(key)) continue;
    const isAlive = roster.isAlive(agent);
    agents.set(agent, { agent, region, isAlive, status: roster.status(agent) });
  }
  return [...agents.values()];
}

function countByRegion(agents: readonly Enrolled[], count: (agent: Enrolled) => number): Sample[] {
  const counts = new Map<string, number>();
  for (const agent of agents) {
    counts.set(agent.region, (counts.get(agent.region) ?? 0) + count(agent));
  }
  return [...counts].map(([region, value]) => ({ labels: { region }, value }));
}

function ofAlive(
  agents: readonly Enrolled[],
  read: (status: AgentStatus) => number | null,
): Sample[] {
  return agents.flatMap(({ agent, region, isAlive, status }) => {
    const value = !isAlive || status === undefined ? null : read(status);
    return value === null ? [] : [{ labels: { agent, region }, value }];
  });
}
