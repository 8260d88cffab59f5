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
        const { timeOf } = await import('./time-option.ts');
        const period = { from: timeOf(from, '--from'), to: timeOf(to, '--to') };
        const { connectApi } = await import('../api/client.ts');
        const { whenWitnessed } = await import('./when-witnessed.ts');
        const api = await connectApi(options, context.settings);
        const fetchReport = () => api.report(monitor, period.from, period.to);
        await writeOutput(out, await whenWitnessed(fetchReport, context), context);
        return undefined;
      }),
    );
}
