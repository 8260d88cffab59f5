/** `trustmonitor report --monitor M --from D --to D` */
import { Command } from 'commander';
import type { ApiOptions } from '../api/locate.ts';
import { action, type Context } from '../context.ts';
import { withApi } from './options.ts';

interface Options extends ApiOptions {
  readonly monitor: string;
  readonly from: string;
  readonly to: string;
  readonly out?: string;
}

export function reportCommand(context: Context): Command {
  return withApi(new Command('report'))
    .description('take the signed uptime of a monitor over a period')
    .requiredOption('--monitor <id>', 'id of the monitor')
    .requiredOption('--from <time>', 'a day (2026-01-31, UTC) or a time (2026-01-31T12:00:00Z)')
    .requiredOption('--to <time>', 'the same; the period ends before it')
    .option('-o, --out <file>', 'write to a file ("-" is stdout, a terminal too)')
    .addHelpText(
      'after',
      '\nThe file is checked offline by `verify`, like the proof of an incident.\n',
    )
    .action(
      action(context, async (options: Options) => {
        const { writeOutput, refuseTerminal } = await import('./write-output.ts');
        const { monitor, from, to, out } = options;
        const command = `${context.settings.commandName} report --monitor ${monitor} --from ${from} --to ${to}`;
        refuseTerminal(out, command, context);
        const period = await periodOf(options);
        const { connectApi } = await import('../api/client.ts');
        const { whenWitnessed } = await import('./when-witnessed.ts');
        const api = await connectApi(options, context.settings);
        const fetchReport = () => api.report(monitor, period.from, period.to);
        await writeOutput(out, await whenWitnessed(fetchReport, context), context);
        return undefined;
      }),
    );
}

/** Throws `config.invalid`, naming the option. */
async function periodOf({ from, to }: Options): Promise<{ from: string; to: string }> {
  const { TrustMonitorError } = await import('@trustmonitor/protocol');
  const timeOf = (text: string, where: string): string => {
    const full = /^\d{4}-\d{2}-\d{2}$/.test(text) ? `${text}T00:00:00Z` : text;
    const date = new Date(full);
    // 31 February would be taken for 3 March.
    const isOne = full.endsWith('Z') && !Number.isNaN(date.getTime());
    if (isOne && date.toISOString().startsWith(full.slice(0, 10))) return date.toISOString();
    throw new TrustMonitorError('config.invalid', `${text} is neither a day nor a time`, {
      where,
      hint: 'write 2026-01-31 for the beginning of a day in UTC, or 2026-01-31T12:00:00Z',
    });
  };
  return { from: timeOf(from, '--from'), to: timeOf(to, '--to') };
}
