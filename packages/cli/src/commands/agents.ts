/** `trustmonitor agents` */
import { Command } from 'commander';
import type { AgentResource } from '@trustmonitor/protocol';
import type { ApiOptions } from '../api/locate.ts';
import { action, type Context } from '../context.ts';
import type { Column } from '../output/table.ts';
import { withApiData, type JsonOption } from './options.ts';

export function agentsCommand(context: Context): Command {
  return withApiData(new Command('agents'))
    .description('list the agents')
    .action(
      action(context, async (options: ApiOptions & JsonOption) => {
        const { connectApi } = await import('../api/client.ts');
        const agents = await (await connectApi(options, context.settings)).agents();
        if (options.json === true) context.terminal.json(agents);
        else await printAgents(agents, context);
        return undefined;
      }),
    );
}

const STATES = {
  alive: { text: 'alive', colour: 'green' },
  lost: { text: 'lost', colour: 'red' },
  never_seen: { text: 'never seen', colour: 'dim' },
} as const;

async function printAgents(agents: readonly AgentResource[], { terminal }: Context): Promise<void> {
  const { renderTable } = await import('../output/table.ts');
  const { ago } = await import('../output/words.ts');
  const nowMs = Date.now();
  const columns: Column<AgentResource>[] = [
    { title: 'AGENT', cell: ({ agent }) => agent },
    { title: 'REGION', cell: ({ region }) => region },
    { title: 'VOTING GROUP', cell: ({ group }) => group },
    { title: 'STATE', cell: ({ state }) => STATES[state] },
    { title: 'LAST SEEN', cell: ({ lastSeenAt }) => ago(lastSeenAt, nowMs) },
    {
      title: 'CLOCK',
      cell: ({ skewMs }) => (skewMs === null ? '-' : `${skewMs < 0 ? '' : '+'}${skewMs}ms`),
      align: 'right',
    },
    {
      title: 'SPOOLED',
      cell: ({ spooledBatches }) => String(spooledBatches ?? '-'),
      align: 'right',
    },
    { title: 'VERSION', cell: ({ version }) => version ?? '-' },
  ];
  terminal.print(renderTable(agents, columns, terminal.paint));
}
