/** `trustmonitor keys renew` */
import { Command } from 'commander';
import { action, type Context } from '../../context.ts';
import { withRoot, type ChangeOptions } from '../../keyring/options.ts';

export function renewCommand(context: Context): Command {
  return withRoot(new Command('renew'))
    .description('sign the key ring anew, for another year; every other change does that as well')
    .action(
      action(context, async (options: ChangeOptions) => {
        const { changeRing } = await import('../../keyring/change.ts');
        const next = await changeRing(options, context, ({ ring: { ring } }) =>
          Promise.resolve({ ring }),
        );
        context.terminal.say(`It is good until ${next.expires}.`);
        return undefined;
      }),
    );
}
