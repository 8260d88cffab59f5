/** `trustmonitor plan PATH` */
import { Command } from 'commander';
import { action, type Context } from '../context.ts';
import { EXIT } from '../exit.ts';
import { withPlanOptions, type PlanOptions } from './plan-options.ts';

const HELP = `
Examples:
  trustmonitor plan monitors.yaml
  trustmonitor plan monitors/ --prune              # also what pruning would delete
  trustmonitor plan monitors.yaml --json | jq '.changes[] | select(.action != "unchanged")'

Nothing is written. What \`apply\` would refuse is refused here too.
`;

export function planCommand(context: Context): Command {
  return withPlanOptions(new Command('plan'))
    .description('show what `apply` would change')
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
        const result = await sendOrReport(api, 'plan', plan, loaded, context);
        if (result === null) return EXIT.usage;
        if (options.json === true) terminal.json(result);
        else {
          terminal.print(renderChanges(result, terminal.paint));
          terminal.say(`\nPlan: ${summarise(result, false)}. Nothing was changed.`);
        }
        return EXIT.ok;
      }),
    );
}
