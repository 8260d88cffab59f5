/** `trustmonitor evidence ID` */
import { Command, Option } from 'commander';
import type { EvidenceFormat } from '../api/client.ts';
import type { ApiOptions } from '../api/locate.ts';
import { action, type Context } from '../context.ts';
import { withApi } from './options.ts';

interface Options extends ApiOptions {
  readonly output?: string;
  readonly format: EvidenceFormat;
}

export function evidenceCommand(context: Context): Command {
  return withApi(new Command('evidence'))
    .description('take the proof of an incident')
    .argument('<id>', 'id of the incident, or "latest"')
    .addOption(
      new Option('--format <format>', 'the bundle, or the newest record for tools of others')
        .choices(['bundle', 'sigstore', 'tlog-proof'])
        .default('bundle'),
    )
    .option('-o, --output <file>', 'write to a file ("-" is stdout, a terminal too)')
    .action(
      action(context, async (id: string, options: Options) => {
        const { writeOutput, refuseTerminal } = await import('./write-output.ts');
        refuseTerminal(options.output, `${context.settings.commandName} evidence ${id}`, context);
        const { connectApi } = await import('../api/client.ts');
        const { whenWitnessed } = await import('./when-witnessed.ts');
        const { resolveIncident } = await import('./incident-id.ts');
        const api = await connectApi(options, context.settings);
        const incident = await resolveIncident(api, id);
        await writeOutput(
          options.output,
          await whenWitnessed(() => api.evidence(incident, options.format), context),
          context,
        );
        return undefined;
      }),
    );
}
