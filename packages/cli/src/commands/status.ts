/** `trustmonitor status` */
import { Command } from 'commander';
import type { HealthResource, NoticeResource } from '@trustmonitor/protocol';
import type { ApiClient } from '../api/client.ts';
import type { ApiOptions } from '../api/locate.ts';
import type { Replica } from '../api/replicas.ts';
import { action, type Context } from '../context.ts';
import { EXIT } from '../exit.ts';
import type { Fact } from '../output/facts.ts';
import { withApiData, type JsonOption } from './options.ts';

export function statusCommand(context: Context): Command {
  return withApiData(new Command('status'))
    .description('say how the stack is')
    .action(
      action(context, async (options: ApiOptions & JsonOption) => {
        const { connectApi } = await import('../api/client.ts');
        const { askReplicas } = await import('../api/replicas.ts');
        const api = await connectApi(options, context.settings);
        const health = await api.readiness();
        const isReady = health.status === 'ok';
        const overview = isReady ? await overviewOf(api) : null;
        const coordinators = await askReplicas(options, context.settings);
        if (options.json === true) context.terminal.json({ ...health, overview, coordinators });
        else await printStatus(health, overview, coordinators, context);
        return isReady ? EXIT.ok : EXIT.failed;
      }),
    );
}

interface Overview {
  readonly monitors: Readonly<Record<string, number>>;
  /** Monitors that do not answer as usual. */
  readonly anomalous: number;
  readonly openIncidents: number;
  readonly agentsAlive: number;
  readonly agents: number;
  /** Those that somebody has taken out, by themselves or with their region. */
  readonly agentsDrained: number;
  /** What fails in the monitoring itself. */
  readonly notices: readonly NoticeResource[];
}

async function overviewOf(api: ApiClient): Promise<Overview> {
  const [monitors, incidents, agents, notices] = await Promise.all([
    api.monitors(),
    api.incidents({ state: 'open' }, {}),
    api.network.agents(),
    api.openNotices(),
  ]);
  const verdicts: Record<string, number> = {};
  for (const { enabled, verdict } of monitors) {
    const name = enabled ? (verdict ?? 'waiting') : 'paused';
    verdicts[name] = (verdicts[name] ?? 0) + 1;
  }
  return {
    monitors: verdicts,
    anomalous: monitors.filter(({ openAnomalies }) => openAnomalies.length > 0).length,
    openIncidents: incidents.length,
    agentsAlive: agents.filter(({ state }) => state === 'alive').length,
    agents: agents.length,
    agentsDrained: agents.filter(({ drain, regionDrained }) => drain !== null || regionDrained)
      .length,
    notices,
  };
}

async function printStatus(
  { checks }: HealthResource,
  overview: Overview | null,
  coordinators: readonly Replica[],
  { terminal }: Context,
): Promise<void> {
  const { renderFacts } = await import('../output/facts.ts');
  const facts: Fact[] = checks.map(({ name, ok, detail }) => ({
    name,
    text: detail === '' ? (ok ? 'ok' : 'failing') : `${ok ? 'ok' : 'failing'}: ${detail}`,
    colour: ok ? 'green' : 'red',
  }));
  terminal.print(
    renderFacts(
      [...facts, ...replicaFacts(coordinators), ...(overview === null ? [] : going(overview))],
      terminal.paint,
    ),
  );
}

/** One alone has said everything already. */
function replicaFacts(coordinators: readonly Replica[]): Fact[] {
  if (coordinators.length < 2) return [];
  return coordinators.map(({ url, pid, ready, detail }, i) => ({
    name: i === 0 ? 'coordinators' : '',
    text: `${url} (process ${pid}): ${detail}`,
    colour: ready ? 'green' : 'red',
  }));
}

function going({
  monitors,
  anomalous,
  openIncidents,
  agents,
  agentsAlive,
  agentsDrained,
  notices,
}: Overview): Fact[] {
  const overdue = notices.find(({ topic }) => topic === 'rounds.overdue');
  const verdicts = Object.entries(monitors).map(([name, count]) => `${count} ${name}`);
  return [
    {
      name: 'agents',
      text: `${agentsAlive} of ${agents} alive${agentsDrained === 0 ? '' : `, ${agentsDrained} drained`}`,
      colour: agentsAlive === agents ? 'green' : 'red',
    },
    { name: 'monitors', text: verdicts.length === 0 ? 'none' : verdicts.join(', ') },
    ...(anomalous === 0
      ? []
      : [
          {
            name: 'anomalies',
            text: `${anomalous} of the monitors: trustmonitor monitors says which`,
            colour: 'yellow',
          } as const,
        ]),
    {
      name: 'rounds',
      text: overdue?.detail ?? 'all in time',
      colour: overdue === undefined ? 'green' : 'red',
    },
    {
      name: 'incidents',
      text: openIncidents === 0 ? 'none open' : `${openIncidents} open`,
      colour: openIncidents === 0 ? 'green' : 'red',
    },
    ...notices.map(({ detail, beganAt }, i): Fact => ({
      name: i === 0 ? 'failing' : '',
      text: `${detail} (since ${beganAt})`,
      colour: 'red',
    })),
  ];
}
