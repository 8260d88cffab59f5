/** `trustmonitor silences [list|add|end]` */
import { InvalidArgumentError, Command } from 'commander';
import {
  isTrustMonitorError,
  parseDuration,
  type Selector,
  type SilenceResource,
} from '@trustmonitor/protocol';
import type { ApiOptions } from '../api/locate.ts';
import { action, type Context } from '../context.ts';
import type { Column } from '../output/table.ts';
import { collect, withApiData, type JsonOption } from './options.ts';

type Options = ApiOptions & JsonOption;

interface AddOptions extends Options {
  readonly monitor: string[];
  readonly group: string[];
  readonly label: string[];
  readonly for: number;
  readonly reason: string;
}

export function silencesCommand(context: Context): Command {
  const silences = new Command('silences').description('whom nobody is told of: list, add, end');
  silences.addCommand(listCommand(context), { isDefault: true });
  silences.addCommand(addCommand(context));
  silences.addCommand(endCommand(context));
  return silences;
}

function listCommand(context: Context): Command {
  return withApiData(new Command('list'))
    .description('list the silences that are not over')
    .option('--all', 'also those that are over')
    .action(
      action(context, async (options: Options & { readonly all?: boolean }) => {
        const { connectApi } = await import('../api/client.ts');
        const api = await connectApi(options, context.settings);
        const silences = await api.quiet.silences(options.all === true);
        if (options.json === true) context.terminal.json(silences);
        else if (silences.length === 0) context.terminal.say('Nothing is silenced.');
        else await printSilences(silences, context);
        return undefined;
      }),
    );
}

function addCommand(context: Context): Command {
  return withApiData(new Command('add'))
    .description('tell nobody of some monitors for a time')
    .option('--monitor <pattern>', 'id; * stands for anything; may be repeated', collect, [])
    .option('--group <pattern>', 'group of monitors; may be repeated', collect, [])
    .option('--label <name=pattern>', 'a label that they must have; may be repeated', collect, [])
    .requiredOption('--for <duration>', 'for how long, from now (2h, 30m, 7d)', duration)
    .requiredOption('--reason <text>', 'why; shown with each alert that it holds')
    .addHelpText(
      'after',
      `
What still is down when the silence ends is told then. Without --monitor, --group
and --label every monitor is silenced.

Example:
  $ trustmonitor silences add --label team=shop --for 2h --reason "moving racks"`,
    )
    .action(
      action(context, async (options: AddOptions) => {
        const { connectApi } = await import('../api/client.ts');
        const api = await connectApi(options, context.settings);
        const silence = await api.quiet.addSilence({
          match: selectorOf(options),
          until: new Date(Date.now() + options.for).toISOString(),
          reason: options.reason,
        });
        const { terminal } = context;
        if (options.json === true) terminal.json(silence);
        else terminal.print(`Silence ${silence.id} is in force until ${silence.until}.`);
        return undefined;
      }),
    );
}

function endCommand(context: Context): Command {
  return withApiData(new Command('end'))
    .description('end a silence; what is still open is told then')
    .argument('<id>', 'the silence')
    .action(
      action(context, async (id: string, options: Options) => {
        const { connectApi } = await import('../api/client.ts');
        await (await connectApi(options, context.settings)).quiet.endSilence(id);
        if (options.json !== true) context.terminal.print(`Silence ${id} is over.`);
        return undefined;
      }),
    );
}

function selectorOf({ monitor, group, label }: AddOptions): Selector {
  const labels = label.map((text) => {
    const at = text.indexOf('=');
    return at < 1 ? ([text, '*'] as const) : ([text.slice(0, at), text.slice(at + 1)] as const);
  });
  return {
    ...(monitor.length === 0 ? {} : { monitors: monitor }),
    ...(group.length === 0 ? {} : { groups: group }),
    ...(labels.length === 0 ? {} : { labels: Object.fromEntries(labels) }),
  };
}

function duration(text: string): number {
  try {
    return parseDuration(text);
  } catch (error) {
    if (!isTrustMonitorError(error)) throw error;
    throw new InvalidArgumentError(error.hint ?? error.message);
  }
}

const COLOURS = { pending: 'dim', active: 'yellow', ended: 'green' } as const;

async function printSilences(
  silences: readonly SilenceResource[],
  { terminal }: Context,
): Promise<void> {
  const { renderTable } = await import('../output/table.ts');
  const { instant } = await import('../output/words.ts');
  const columns: Column<SilenceResource>[] = [
    { title: 'SILENCE', cell: ({ id }) => id },
    { title: 'STATE', cell: ({ state }) => ({ text: state, colour: COLOURS[state] }) },
    { title: 'MONITORS', cell: ({ match }) => selectorWords(match) },
    { title: 'FROM', cell: ({ from }) => instant(from) },
    { title: 'UNTIL', cell: ({ until, endedAt }) => instant(endedAt ?? until) },
    { title: 'BY', cell: ({ createdBy }) => createdBy },
    { title: 'REASON', cell: ({ reason }) => reason },
  ];
  terminal.print(renderTable(silences, columns, terminal.paint));
}

function selectorWords({ monitors = [], groups = [], labels = {} }: Selector): string {
  const words = [
    ...monitors,
    ...groups.map((group) => `group ${group}`),
    ...Object.entries(labels).map(([name, pattern]) => `${name}=${pattern}`),
  ];
  return words.length === 0 ? 'all' : words.join(', ');
}
