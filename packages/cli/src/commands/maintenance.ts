/** `trustmonitor maintenance [list|add|end]` */
import { Command, Option } from 'commander';
import {
  TrustMonitorError,
  completeMaintenance,
  formatTimestamp,
  parseDuration,
  type MaintenanceInput,
  type MaintenanceResource,
} from '@trustmonitor/protocol';
import type { ApiOptions } from '../api/locate.ts';
import { action, type Context } from '../context.ts';
import type { Colour } from '../output/paint.ts';
import type { Column } from '../output/table.ts';
import { collect, withApiData, type JsonOption } from './options.ts';

type Options = ApiOptions & JsonOption;

const HELP = `
Examples:
  trustmonitor maintenance add db-upgrade --group shop --from 2026-12-01T01:00:00Z --for 2h \\
    --reason "database upgrade"
  trustmonitor maintenance add hotfix --monitor checkout --for 30m --reason "hot fix"
  trustmonitor maintenance add sundays --all --cron "0 3 * * 0" --for 1h --timezone Europe/Berlin \\
    --reason "weekly restart"

It is announced in the log, signed, before it begins. Its time is left out of uptime figures, but for
time before it was announced; with --counted it counts. Probing goes on, incidents are recorded and
signed; only people are not told until it ends.
`;

export function maintenanceCommand(context: Context): Command {
  const maintenance = new Command('maintenance').description(
    'windows of maintenance: list, add, end',
  );
  maintenance.addCommand(listCommand(context), { isDefault: true });
  maintenance.addCommand(addCommand(context));
  maintenance.addCommand(endCommand(context));
  return maintenance;
}

function listCommand(context: Context): Command {
  return withApiData(new Command('list'))
    .description('list the windows')
    .action(
      action(context, async (options: Options) => {
        const { connectApi } = await import('../api/client.ts');
        const windows = await (await connectApi(options, context.settings)).quiet.maintenance();
        if (options.json === true) context.terminal.json(windows);
        else if (windows.length === 0) context.terminal.say('No maintenance is planned.');
        else await printWindows(windows, context);
        return undefined;
      }),
    );
}

interface AddOptions extends Options {
  readonly monitor: readonly string[];
  readonly group: readonly string[];
  readonly label: readonly string[];
  readonly all?: boolean;
  readonly from?: string;
  readonly until?: string;
  readonly for?: string;
  readonly cron?: string;
  readonly timezone?: string;
  readonly reason: string;
  readonly counted?: boolean;
}

function addCommand(context: Context): Command {
  return withApiData(new Command('add'))
    .description('plan a window, and announce it')
    .argument('<id>', 'its name')
    .option('--monitor <pattern>', 'monitors that it is about (several times)', collect, [])
    .option('--group <pattern>', 'groups that it is about (several times)', collect, [])
    .option('--label <name=pattern>', 'a label that they have (several times)', collect, [])
    .addOption(new Option('--all', 'about every monitor').conflicts(['monitor', 'group', 'label']))
    .option('--from <time>', 'when it begins, RFC 3339 (now)')
    .option('--until <time>', 'when it ends, RFC 3339')
    .addOption(new Option('--for <duration>', 'how long it is: 30m, 2h').conflicts('until'))
    .addOption(
      new Option('--cron <expression>', 'when it comes again').conflicts(['from', 'until']),
    )
    .option('--timezone <name>', 'of the cron expression (UTC)')
    .requiredOption('--reason <text>', 'why; it is announced in public')
    .option('--counted', 'its time counts in uptime figures')
    .addHelpText('after', HELP)
    .action(
      action(context, async (id: string, options: AddOptions) => {
        const { connectApi } = await import('../api/client.ts');
        const { terminal, settings } = context;
        const window = windowOf(id, options, Date.now());
        completeMaintenance(window);
        const planned = await (await connectApi(options, settings)).quiet.planMaintenance(window);
        if (options.json === true) terminal.json(planned);
        else await printWindows([planned], context);
        return undefined;
      }),
    );
}

/** Throws `config.invalid` for what does not say about whom, or how long. */
function windowOf(id: string, options: AddOptions, nowMs: number): MaintenanceInput {
  const { reason, counted, cron, timezone = 'UTC' } = options;
  const rest = { reason, ...(counted === true ? { uptime: 'counted' as const } : {}) };
  const about = { id, selector: selectorOf(options), ...rest };
  if (cron === undefined) return { ...about, ...onceOf(options, nowMs) };
  if (options.for === undefined) throw missing('--for', 'how long each occurrence is');
  return { ...about, cron, duration: options.for, timezone };
}

function onceOf(options: AddOptions, nowMs: number): Pick<MaintenanceInput, 'from' | 'until'> {
  const start = options.from ?? formatTimestamp(nowMs);
  if (options.until !== undefined) return { from: start, until: options.until };
  if (options.for === undefined) throw missing('--until', 'when it ends, or --for how long it is');
  const untilMs = Date.parse(start) + parseDuration(options.for, '--for');
  if (Number.isNaN(untilMs)) throw missing('--from', 'a time that there is, in RFC 3339');
  return { from: start, until: formatTimestamp(untilMs) };
}

function selectorOf({ all, monitor, group, label }: AddOptions): MaintenanceInput['selector'] {
  if (all !== true && monitor.length + group.length + label.length === 0) {
    throw missing('--monitor', 'whom it is about, with --monitor, --group, --label or --all');
  }
  const labels = label.map((text) => {
    const at = text.indexOf('=');
    if (at < 1) throw missing('--label', 'a name and a pattern, as in team=shop');
    return [text.slice(0, at), text.slice(at + 1)] as const;
  });
  return {
    ...(monitor.length === 0 ? {} : { monitors: [...monitor] }),
    ...(group.length === 0 ? {} : { groups: [...group] }),
    ...(labels.length === 0 ? {} : { labels: Object.fromEntries(labels) }),
  };
}

function missing(where: string, what: string): TrustMonitorError {
  return new TrustMonitorError('config.invalid', `${where} must say ${what}`, { where });
}

interface EndOptions extends Options {
  readonly remove?: boolean;
}

function endCommand(context: Context): Command {
  return withApiData(new Command('end'))
    .description('end what runs of a window now')
    .argument('<id>', 'the window')
    .option('--remove', 'call off what is to come as well, and forget the window')
    .action(
      action(context, async (id: string, options: EndOptions) => {
        const { connectApi } = await import('../api/client.ts');
        const { terminal, settings } = context;
        const api = await connectApi(options, settings);
        if (options.remove === true) {
          await api.quiet.removeMaintenance(id);
          terminal.say(`${id} is removed.`);
          return undefined;
        }
        const window = await api.quiet.endMaintenance(id);
        if (options.json === true) terminal.json(window);
        else terminal.say(`${id} has ended; people are told of its monitors again.`);
        return undefined;
      }),
    );
}

const COLOURS: Readonly<Record<MaintenanceResource['state'], Colour>> = {
  running: 'yellow',
  planned: 'green',
  over: 'dim',
};

async function printWindows(
  windows: readonly MaintenanceResource[],
  { terminal }: Context,
): Promise<void> {
  const { renderTable } = await import('../output/table.ts');
  const { instant } = await import('../output/words.ts');
  const columns: Column<MaintenanceResource>[] = [
    { title: 'WINDOW', cell: ({ id }) => id },
    { title: 'STATE', cell: ({ state }) => ({ text: state, colour: COLOURS[state] }) },
    { title: 'NEXT', cell: ({ nextAt }) => instant(nextAt) },
    {
      title: 'ANNOUNCED',
      cell: ({ occurrences }) => instant(occurrences.at(-1)?.startsAt ?? null),
    },
    { title: 'UPTIME', cell: ({ uptime }) => uptime },
    { title: 'REASON', cell: ({ reason }) => reason },
  ];
  terminal.print(renderTable(windows, columns, terminal.paint));
}
