/** `trustmonitor up` */
import { Command } from 'commander';
import { action, type Context } from '../context.ts';
import type { UpOptions } from '../stack/up.ts';
import { dataOption } from './options.ts';

export function upCommand(context: Context): Command {
  return new Command('up')
    .description('run everything on this machine')
    .option('--monitors <path>', 'monitors file or folder to run (instead of the demo)')
    .option(...dataOption)
    .option('--http-addr <host:port>', 'where to serve the API (TM_HTTP_ADDR)')
    .action(
      action(context, async (options: UpOptions) => {
        const { up } = await import('../stack/up.ts');
        return up(options, context);
      }),
    );
}
