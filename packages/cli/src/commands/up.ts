/** `trustmonitor up` */
import { Command, InvalidArgumentError } from 'commander';
import { action, type Context } from '../context.ts';
import type { UpOptions } from '../stack/up.ts';
import { dataOption } from './options.ts';

export function upCommand(context: Context): Command {
  return new Command('up')
    .description('run everything on this machine')
    .option('--monitors <path>', 'monitors file or folder to run (instead of the demo)')
    .option(...dataOption)
    .option('--http-addr <host:port>', 'where to serve the API (TM_HTTP_ADDR)')
    .option('--coordinators <count>', 'how many share the monitors, 1 to 4', fewCoordinators, 1)
    .action(
      action(context, async (options: UpOptions) => {
        const { up } = await import('../stack/up.ts');
        return up(options, context);
      }),
    );
}

/** Each has a PostgreSQL pool and a Node process of its own: more are of no use on one machine. */
const MOST_COORDINATORS = 4;

function fewCoordinators(text: string): number {
  const count = /^\d$/.test(text) ? Number(text) : 0;
  if (count >= 1 && count <= MOST_COORDINATORS) return count;
  throw new InvalidArgumentError(`It must be a whole number from 1 to ${MOST_COORDINATORS}.`);
}
