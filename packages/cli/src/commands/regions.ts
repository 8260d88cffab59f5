/** `trustmonitor regions`, `regions drain`, `regions undrain` */
import { Command } from 'commander';
import type { RegionResource } from '@trustmonitor/protocol';
import type { ApiOptions } from '../api/locate.ts';
import { action, type Context } from '../context.ts';
import type { Cell, Column } from '../output/table.ts';
import { drainCommand, undrainCommand } from './drains.ts';
import { withApiData, type JsonOption } from './options.ts';

export function regionsCommand(context: Context): Command {
  const command = withApiData(new Command('regions'))
    .description('list the regions; drain them for planned work')
    .action(
      action(context, async (options: ApiOptions & JsonOption) => {
        const { connectApi } = await import('../api/client.ts');
        const regions = await (await connectApi(options, context.settings)).network.regions();
        if (options.json === true) context.terminal.json(regions);
        else await printRegions(regions, context);
        return undefined;
      }),
    );
  command.addCommand(drainCommand(context, 'region'));
  command.addCommand(undrainCommand(context, 'region'));
  return command;
}

const REASONS = {
  canaries: 'its canaries fail',
  flagged: 'its agents are flagged',
  lost: 'no agent is heard of',
} as const;

function votesCell({ quarantine, drain }: RegionResource): Cell {
  if (drain !== null) {
    const reason = drain.reason === '' ? '' : `: ${drain.reason}`;
    return { text: `drained by ${drain.by}${reason}`, colour: 'yellow' };
  }
  if (quarantine === null) return { text: 'yes', colour: 'green' };
  const { reason, agreeing, needed } = quarantine;
  const text = `quarantined: ${REASONS[reason]} (${Math.min(agreeing, needed)} of ${needed} right)`;
  return { text, colour: 'red' };
}

async function printRegions(
  regions: readonly RegionResource[],
  { terminal }: Context,
): Promise<void> {
  const { renderTable } = await import('../output/table.ts');
  const columns: Column<RegionResource>[] = [
    { title: 'REGION', cell: ({ region }) => region },
    { title: 'VOTING GROUP', cell: ({ group }) => group },
    {
      title: 'AGENTS ALIVE',
      cell: ({ alive, agents }) => ({
        text: `${alive} of ${agents}`,
        colour: alive === agents ? 'green' : 'red',
      }),
    },
    { title: 'VOTES', cell: votesCell },
  ];
  terminal.print(renderTable(regions, columns, terminal.paint));
}
