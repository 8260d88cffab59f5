/** `trustmonitor keys revoke KEY` */
import { Command } from 'commander';
import { action, type Context } from '../../context.ts';
import { withRoot, type ChangeOptions } from '../../keyring/options.ts';
import { positiveInteger } from '../options.ts';

export function revokeCommand(context: Context): Command {
  return withRoot(new Command('revoke'))
    .description('revoke a key: nothing that it signs from now on counts (agents: agents revoke)')
    .argument('<key>', 'its id, as `keys list` shows it, or the beginning of that')
    .option('--at-log-size <n>', 'from this log entry on (the newest checkpoint)', positiveInteger)
    .action(
      action(context, async (kid: string, options: ChangeOptions & { atLogSize?: number }) => {
        const { revokeKey } = await import('../../keyring/revoke.ts');
        const key = await revokeKey(kid, options, context);
        context.terminal.say(
          `Revoked the ${key.role} key ${key.kid} from log entry ${key.revokedAtLogSize ?? '-'} on.`,
        );
        return undefined;
      }),
    );
}
