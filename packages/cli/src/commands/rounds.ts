/** `trustmonitor rounds MONITOR` */
import { Command } from 'commander';
import type { RoundResource } from '@trustmonitor/protocol';
import type { ApiOptions } from '../api/locate.ts';
import { action, type Context } from '../context.ts';
import type { Column } from '../output/table.ts';
import { positiveInteger, withApiData, type JsonOption } from './options.ts';

interface Options extends ApiOptions, JsonOption {
  readonly limit: number;
}

export function roundsCommand(context: Context): Command {
  return withApiData(new Command('rounds'))
    .description('show how the regions voted')
    .argument('<monitor>', 'id of the monitor')
    .option('-n, --limit <count>', 'how many rounds', positiveInteger, 20)
    .action(
      action(context, async (monitor: string, options: Options) => {
        const { connectApi } = await import('../api/client.ts');
        const api = await connectApi(options, context.settings);
        const rounds = await api.rounds(monitor, { limit: options.limit });
        const { terminal } = context;
        if (options.json === true) terminal.json(rounds);
        else if (rounds.length > 0) await printRounds(rounds, context);
        else terminal.say(`No round of ${monitor} has closed yet.`);
        return undefined;
      }),
    );
}

async function printRounds(rounds: readonly RoundResource[], { terminal }: Context): Promise<void> {
  const { renderTable } = await import('../output/table.ts');
  const { agreement, instant, verdictCell } = await import('../output/words.ts');
  const regions = [...new Set(rounds.flatMap(({ members }) => members.map((m) => m.region)))];
  const columns: Column<RoundResource>[] = [
    { title: 'CLOSED', cell: ({ closedAt }) => instant(closedAt) },
    { title: 'VERDICT', cell: ({ verdict }) => verdictCell(verdict) },
    ...regions.toSorted().map((region): Column<RoundResource> => ({
      title: region.toUpperCase(),
      cell: (round) => voteCell(round, region),
    })),
    {
      title: 'AGREEMENT',
      cell: ({ votes, members }) =>
        agreement(
          votes.map(({ vote }) => vote),
          members.length,
        ),
    },
  ];
  terminal.print(renderTable(rounds, columns, terminal.paint));
}

/** A region that was not asked, or asked in vain, is told apart from one that abstained. */
function voteCell(
  { votes, members }: RoundResource,
  region: string,
): ReturnType<Column<RoundResource>['cell']> {
  const cast = votes.find((vote) => vote.region === region);
  if (cast === undefined) {
    const isMember = members.some((member) => member.region === region);
    return { text: isMember ? '·' : '', colour: 'dim' };
  }
  if (cast.vote === 'down') return { text: 'down', colour: 'red' };
  if (cast.vote === 'abstain') return { text: 'abstain', colour: 'dim' };
  return cast.slow ? { text: 'slow', colour: 'yellow' } : { text: 'up', colour: 'green' };
}
