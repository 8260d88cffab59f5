/** `trustmonitor apply PATH` */
import { Command } from 'commander';
import { action, type Context } from '../context.ts';
import { EXIT } from '../exit.ts';
import { withPlanOptions, type PlanOptions } from './plan-options.ts';

const HELP = `
Examples:
  trustmonitor apply monitors.yaml
  trustmonitor apply monitors/ --prune             # delete what is not in the folder any more
  trustmonitor apply monitors.yaml --owner acme/shop
  trustmonitor apply monitors.yaml --take-over     # from the owner who had applied them

Every monitor bears the name of the owner who applied it: "owner: NAME" in the file, or --owner.
Pruning deletes only monitors of this owner. Monitors that were made over the API, or applied by
others, are left alone.
`;

export function applyCommand(context: Context): Command {
  return withPlanOptions(new Command('apply'))
    .description('apply monitors: all or nothing')
    .addHelpText('after', HELP)
    .action(
      action(context, async (path: string, options: PlanOptions) => {
        const { loadOrReport, planOf, sendOrReport } = await import('./load-monitors.ts');
        const { connectApi } = await import('../api/client.ts');
        const { renderChanges, summarise } = await import('./print-changes.ts');
        const { terminal, settings } = context;
        const loaded = await loadOrReport(path, context);
        if (loaded === null) return EXIT.usage;
        const plan = planOf(loaded, options);
        const api = await connectApi(options, settings);
        const result = await sendOrReport(api, 'apply', plan, loaded, context);
        if (result === null) return EXIT.usage;
        if (options.json === true) terminal.json(result);
        else {
          terminal.print(renderChanges(result, terminal.paint));
          terminal.say(`\nApplied: ${summarise(result, true)}.`);
        }
        return EXIT.ok;
      }),
    );
}
