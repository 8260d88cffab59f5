/** `trustmonitor agents`, and its `invite`, `revoke`, `drain` and `undrain` */
import { Command } from 'commander';
import type { AgentResource } from '@trustmonitor/protocol';
import type { ApiOptions } from '../api/locate.ts';
import { action, type Context } from '../context.ts';
import type { Cell, Column } from '../output/table.ts';
import { drainCommand, undrainCommand } from './drains.ts';
import { positiveInteger, withApi, withApiData, type JsonOption } from './options.ts';

export function agentsCommand(context: Context): Command {
  const command = withApiData(new Command('agents'))
    .description('list the agents; let others join; drain and revoke them')
    .action(
      action(context, async (options: ApiOptions & JsonOption) => {
        const { connectApi } = await import('../api/client.ts');
        const agents = await (await connectApi(options, context.settings)).network.agents();
        if (options.json === true) context.terminal.json(agents);
        else await printAgents(agents, context);
        return undefined;
      }),
    );
  command.addCommand(inviteCommand(context));
  command.addCommand(revokeCommand(context));
  command.addCommand(drainCommand(context, 'agent'));
  command.addCommand(undrainCommand(context, 'agent'));
  return command;
}

interface InviteOptions extends ApiOptions, JsonOption {
  readonly region: string;
  readonly agent?: string;
  readonly ttlMinutes?: number;
}

function inviteCommand(context: Context): Command {
  return withApiData(new Command('invite'))
    .description('make a token with which one agent may join a region, within the hour')
    .requiredOption('--region <name>', 'region that it joins')
    .option('--agent <name>', 'the only name that may join, in place of an agent of that name')
    .option('--ttl-minutes <n>', 'how long the token is good (60)', positiveInteger)
    .action(
      action(context, async (_own: unknown, command: Command) => {
        const options = command.optsWithGlobals<InviteOptions>();
        const { connectApi } = await import('../api/client.ts');
        const { region, agent, ttlMinutes } = options;
        const api = await connectApi(options, context.settings);
        const token = await api.network.invite({
          region,
          ...(agent === undefined ? {} : { agent }),
          ...(ttlMinutes === undefined ? {} : { ttlSeconds: ttlMinutes * 60 }),
        });
        if (options.json === true) context.terminal.json(token);
        else {
          context.terminal.say(`Good once, until ${token.expiresAt}:`);
          context.terminal.print(token.token);
          context.terminal.say('On the agent’s machine, which asks for it:');
          context.terminal.print(token.command);
        }
        return undefined;
      }),
    );
}

function revokeCommand(context: Context): Command {
  return withApi(new Command('revoke'))
    .description('let nothing count any more that an agent signs')
    .argument('<agent>', 'its name')
    .action(
      action(context, async (agent: string, _own: unknown, command: Command) => {
        const { connectApi } = await import('../api/client.ts');
        const api = await connectApi(command.optsWithGlobals<ApiOptions>(), context.settings);
        const { version } = await api.network.revokeAgent(agent);
        context.terminal.say(`${agent} is revoked: key ring version ${version}.`);
        return undefined;
      }),
    );
}

const STATES = {
  alive: { text: 'alive', colour: 'green' },
  lost: { text: 'lost', colour: 'red' },
  never_seen: { text: 'never seen', colour: 'dim' },
} as const;

/** One that was told to take no jobs drains until it says that it takes none. */
function stateCell({ state, drain, regionDrained }: AgentResource): Cell {
  if (drain !== null && state === 'alive') {
    return { text: drain.confirmed ? 'drained' : 'draining', colour: 'yellow' };
  }
  return regionDrained
    ? { ...STATES[state], text: `${STATES[state].text}, region drained` }
    : STATES[state];
}

/** How often it is of the quorum's opinion, in percent; red where its votes are in doubt. */
function agreementCell(agent: AgentResource): Cell | string {
  const { agreement, flagged, doubtfulMonitors, quarantined } = agent;
  const share = agreement === null ? '-' : `${(agreement * 100).toFixed(1)}%`;
  if (quarantined && !flagged) return { text: `${share} quarantined`, colour: 'red' };
  if (!flagged) return share;
  const where = doubtfulMonitors[0] === undefined ? '' : ` on ${doubtfulMonitors[0]}`;
  return { text: `${share} flagged${where}`, colour: 'red' };
}

async function printAgents(agents: readonly AgentResource[], { terminal }: Context): Promise<void> {
  const { renderTable } = await import('../output/table.ts');
  const { ago } = await import('../output/words.ts');
  const nowMs = Date.now();
  const columns: Column<AgentResource>[] = [
    { title: 'AGENT', cell: ({ agent }) => agent },
    { title: 'REGION', cell: ({ region }) => region },
    { title: 'VOTING GROUP', cell: ({ group }) => group },
    { title: 'STATE', cell: stateCell },
    { title: 'AGREES', cell: agreementCell, align: 'right' },
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
