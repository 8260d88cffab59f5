/** `trustmonitor keys region add|remove`: where agents may join. */
import { Command } from 'commander';
import { action, type Context } from '../../context.ts';
import { withRoot, type ChangeOptions } from '../../keyring/options.ts';

interface AddOptions extends ChangeOptions {
  readonly group: string;
  readonly operator?: string;
}

export function regionCommand(context: Context): Command {
  const command = new Command('region').description('regions that agents may join');
  command.addCommand(addCommand(context));
  command.addCommand(removeCommand(context));
  return command;
}

function addCommand(context: Context): Command {
  return withRoot(new Command('add'))
    .description('let agents join a region')
    .argument('<region>', 'its name')
    .requiredOption('--group <name>', 'its voting group: provider or network. One group, one vote')
    .option('--operator <name>', 'who runs agents there')
    .action(
      action(context, async (region: string, options: AddOptions) => {
        const { addRegion } = await import('../../keyring/regions.ts');
        const { group, operator = null } = options;
        await addRegion({ region, group, operator }, options, context);
        context.terminal.say(
          `Agents may join ${region}: ${context.settings.commandName} agents invite --region ${region}`,
        );
        return undefined;
      }),
    );
}

function removeCommand(context: Context): Command {
  return withRoot(new Command('remove'))
    .description('let no more agents join a region; those that have joined stay')
    .argument('<region>', 'its name')
    .action(
      action(context, async (region: string, options: ChangeOptions) => {
        const { removeRegion } = await import('../../keyring/regions.ts');
        await removeRegion(region, options, context);
        return undefined;
      }),
    );
}
