/** `trustmonitor monitors` */
import { Command } from 'commander';
import type { MonitorResource } from '@trustmonitor/protocol';
import type { ApiOptions } from '../api/locate.ts';
import { action, type Context } from '../context.ts';
import type { Column } from '../output/table.ts';
import { withApiData, type JsonOption } from './options.ts';

export function monitorsCommand(context: Context): Command {
  return withApiData(new Command('monitors'))
    .description('list the monitors')
    .action(
      action(context, async (options: ApiOptions & JsonOption) => {
        const { connectApi } = await import('../api/client.ts');
        const monitors = await (await connectApi(options, context.settings)).monitors();
        const { terminal, settings } = context;
        if (options.json === true) terminal.json(monitors);
        else if (monitors.length > 0) await printMonitors(monitors, context);
        else terminal.say(`No monitors yet. Write one, then: ${settings.commandName} apply FILE`);
        return undefined;
      }),
    );
}

async function printMonitors(
  monitors: readonly MonitorResource[],
  { terminal }: Context,
): Promise<void> {
  const { renderTable } = await import('../output/table.ts');
  const { ago, verdictCell } = await import('../output/words.ts');
  const { formatDuration, targetOf } = await import('@trustmonitor/protocol');
  const nowMs = Date.now();
  const columns: Column<MonitorResource>[] = [
    { title: 'MONITOR', cell: ({ id }) => id },
    {
      title: 'VERDICT',
      cell: ({ shown, enabled, verdict, flapping }) => {
        if (!enabled) return { text: 'paused', colour: 'dim' };
        if (flapping !== null)
          return { text: `${verdict ?? 'pending'}, flapping`, colour: 'yellow' };
        if (shown.reason === 'verdict') return verdictCell(shown.state);
        return { text: `${shown.state} (anomaly)`, colour: 'yellow' };
      },
    },
    {
      title: 'DECIDED BY',
      cell: ({ policy, unconfirmed }) =>
        unconfirmed ? { text: 'one region, unconfirmed', colour: 'yellow' } : policy.quorum,
    },
    { title: 'EVERY', cell: ({ intervalMs }) => formatDuration(intervalMs), align: 'right' },
    { title: 'LAST ROUND', cell: ({ lastRoundAt }) => ago(lastRoundAt, nowMs) },
    { title: 'TARGET', cell: ({ check }) => targetOf(check) },
  ];
  terminal.print(renderTable(monitors, columns, terminal.paint));
  for (const { id, openAnomalies } of monitors) {
    for (const { summary, since } of openAnomalies) {
      terminal.print(terminal.paint('yellow', `${id}: ${summary} (since ${since})`));
    }
  }
}
