/** `trustmonitor watch [MONITOR...]` */
import { Command } from 'commander';
import { action, type Context } from '../context.ts';
import { EXIT } from '../exit.ts';
import type { WatchOptions } from '../watch/watch.ts';
import { withApiData } from './options.ts';

const HELP = `
On a terminal each monitor is one line, redrawn in place: its verdict, the votes of the newest round
(✓ up, ✗ down, ? no vote, · not asked or silent), how long the newest probe took, and the incident.
Elsewhere, and with --json, each event is one line. Ctrl-C ends it.
`;

/** As shells number a process that a signal ended. */
const INTERRUPTED = 130;

export function watchCommand(context: Context): Command {
  return withApiData(new Command('watch'))
    .description('show rounds, votes and incidents as they happen')
    .argument('[monitors...]', 'monitors to watch (all)')
    .addHelpText('after', HELP)
    .action(
      action(context, async (monitors: string[], options: WatchOptions) => {
        const { watch } = await import('../watch/watch.ts');
        const { listenForStop } = await import('../stack/stop-request.ts');
        const stop = listenForStop(() => process.exit(INTERRUPTED));
        try {
          await watch(monitors, options, context, stop);
        } finally {
          stop.dispose();
        }
        return EXIT.ok;
      }),
    );
}
