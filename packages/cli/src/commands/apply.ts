/** `trustmonitor apply PATH` */
import { Command } from 'commander';
import type { ApiOptions } from '../api/locate.ts';
import { action, type Context } from '../context.ts';
import { EXIT } from '../exit.ts';
import { withApiData, type JsonOption } from './options.ts';

export function applyCommand(context: Context): Command {
  return withApiData(new Command('apply'))
    .description('apply monitors: all or nothing')
    .argument('<path>', 'file, or folder of *.yaml files')
    .action(
      action(context, async (path: string, options: ApiOptions & JsonOption) => {
        const { loadOrReport, sendOrReport } = await import('./load-monitors.ts');
        const { connectApi } = await import('../api/client.ts');
        const { renderChanges, summarise } = await import('./print-changes.ts');
        const { terminal, settings } = context;
        const loaded = await loadOrReport(path, context);
        if (loaded === null) return EXIT.usage;
        const api = await connectApi(options, settings);
        const changes = await sendOrReport(api, 'apply', loaded, context);
        if (changes === null) return EXIT.usage;
        if (options.json === true) terminal.json({ changes });
        else {
          terminal.print(renderChanges(changes, terminal.paint));
          terminal.say(`\nApplied: ${summarise(changes, true)}.`);
        }
        return EXIT.ok;
      }),
    );
}
