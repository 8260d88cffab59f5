/** `trustmonitor console` */
import { Command } from 'commander';
import type { ApiOptions } from '../api/locate.ts';
import { action, type Context } from '../context.ts';
import { withApi } from './options.ts';

export function consoleCommand(context: Context): Command {
  return withApi(new Command('console'))
    .description('print a link that signs a browser in to the console, once')
    .action(
      action(context, async (options: ApiOptions) => {
        const { connectApi } = await import('../api/client.ts');
        const api = await connectApi(options, context.settings);
        context.terminal.print(await api.signInLink());
        return undefined;
      }),
    );
}
