/** `trustmonitor plan PATH` */
import { Command } from 'commander';
import type { ApiOptions } from '../api/locate.ts';
import { action, type Context } from '../context.ts';
import { EXIT } from '../exit.ts';
import { withApiData, type JsonOption } from './options.ts';

export function planCommand(context: Context): Command {
  return withApiData(new Command('plan'))
    .description('show what `apply` would change')
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
        const changes = await sendOrReport(api, 'plan', loaded, context);
        if (changes === null) return EXIT.usage;
        if (options.json === true) terminal.json({ changes });
        else {
          terminal.print(renderChanges(changes, terminal.paint));
          terminal.say(`\nPlan: ${summarise(changes, false)}. Nothing was changed.`);
        }
        return EXIT.ok;
      }),
    );
}
