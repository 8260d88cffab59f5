/** `trustmonitor evidence ID` */
import { Command } from 'commander';
import type { ApiOptions } from '../api/locate.ts';
import { action, type Context } from '../context.ts';
import { withApi } from './options.ts';

interface Options extends ApiOptions {
  readonly output?: string;
}

export function evidenceCommand(context: Context): Command {
  return withApi(new Command('evidence'))
    .description('take the proof of an incident')
    .argument('<id>', 'id of the incident, or "latest"')
    .option('-o, --output <file>', 'write to a file ("-" is stdout, a terminal too)')
    .action(
      action(context, async (id: string, options: Options) => {
        const { writeOutput, refuseTerminal } = await import('./write-output.ts');
        refuseTerminal(options.output, `${context.settings.commandName} evidence ${id}`, context);
        const { connectApi } = await import('../api/client.ts');
        const { resolveIncident } = await import('./incident-id.ts');
        const api = await connectApi(options, context.settings);
        await writeOutput(
          options.output,
          await api.evidence(await resolveIncident(api, id)),
          context,
        );
        return undefined;
      }),
    );
}
