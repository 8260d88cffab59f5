/** `trustmonitor coordinator`: the process alone, for a deployment of its own. */
import { Command } from 'commander';
import { action, type Context } from '../context.ts';

export function coordinatorCommand(context: Context): Command {
  return new Command('coordinator')
    .description('run a coordinator; its settings are TM_* variables (docs/configuration.md)')
    .action(
      action(context, async () => {
        const { coordinatorScript } = await import('../stack/scripts.ts');
        const { runProcess } = await import('../run-process.ts');
        return runProcess(coordinatorScript(), { ...context.settings.environment });
      }),
    );
}
