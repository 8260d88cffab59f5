/** `trustmonitor check URL` */
import { Command } from 'commander';
import type { CheckEvent, CheckInput, Verdict } from '@trustmonitor/protocol';
import type { ApiOptions } from '../api/locate.ts';
import { action, type Context } from '../context.ts';
import { EXIT, type ExitCode } from '../exit.ts';
import { collect, withApiData, type JsonOption } from './options.ts';

interface Options extends ApiOptions, JsonOption {
  readonly from: readonly string[];
  readonly assert: readonly string[];
  readonly timing?: boolean;
  readonly timeout?: string;
  readonly quorum?: string;
}

/** Regions that differ, or too few that answered, are no answer that a pipeline may go on with. */
const EXIT_OF_VERDICT: Readonly<Record<Verdict, ExitCode>> = {
  up: EXIT.ok,
  degraded: EXIT.ok,
  down: EXIT.failed,
  partial: EXIT.indeterminate,
  unknown: EXIT.indeterminate,
};

const HELP = `
Examples:
  trustmonitor check https://shop.example/                    from every region
  trustmonitor check https://shop.example/ --from eu,us --timing
  trustmonitor check https://shop.example/health --timeout 5s \\
      --assert 'status == 200' --assert 'json($.ok) == true' && ./deploy.sh
  trustmonitor check tcp://db.example:5432 --quorum all

Targets: http, https, ws, wss, tcp, tls, dns, icmp, grpc and smtp; a bare name is https.
--from takes regions, patterns ('eu-*'), or the beginning of a name (eu stands for eu-*).
With --json each step is one line of JSON as it happens.

Exit codes: 0 up   1 down   6 the regions differ, or too few answered (see also \`help\`)
`;

export function checkCommand(context: Context): Command {
  return withApiData(new Command('check'))
    .description('check something once, from several regions')
    .argument('<url>', 'what to check')
    .option('--from <regions>', 'regions to check from, separated by commas', collect, [])
    .option('--timing', 'show how long each phase took')
    .option('--timeout <duration>', 'how long each region may take (10s)')
    .option('--assert <assertion>', 'what must hold (docs/assertions.md); repeatable', collect, [])
    .option('--quorum <rule>', 'how many must agree: majority, all, any, 2, 2/3, 60%')
    .addHelpText('after', HELP)
    .action(
      action(context, async (url: string, options: Options) => {
        const { connectApi } = await import('../api/client.ts');
        const { targetFrom, wishesFrom } = await import('../check/target.ts');
        const wishes = wishesFrom(options.from);
        const body: CheckInput = {
          ...targetFrom(url),
          ...(wishes.length === 0 ? {} : { regions: wishes.flatMap(({ patterns }) => patterns) }),
          ...(options.timeout === undefined ? {} : { timeout: options.timeout }),
          ...(options.assert.length === 0 ? {} : { assertions: [...options.assert] }),
          ...(options.quorum === undefined ? {} : { quorum: options.quorum }),
        };
        const api = await connectApi(options, context.settings);
        return await follow(api.check(body), wishes, options, context);
      }),
    );
}

async function follow(
  events: AsyncIterable<CheckEvent>,
  wishes: readonly { text: string; patterns: string[] }[],
  { json, timing }: Options,
  { terminal }: Context,
): Promise<ExitCode> {
  const { CheckPrinter } = await import('../check/print.ts');
  const { requireRegions, brokenOff } = await import('../check/faults.ts');
  const printer = new CheckPrinter(terminal.paint, timing === true);
  for await (const event of events) {
    if (event.type === 'check.started') requireRegions(wishes, event.members);
    if (json === true) terminal.print(JSON.stringify(event));
    else {
      switch (event.type) {
        case 'check.started':
          terminal.say(printer.started(event));
          break;
        case 'check.result':
          terminal.print(printer.result(event));
          break;
        case 'check.silent':
          terminal.print(printer.silent(event.region));
          break;
        case 'check.verdict':
          terminal.print(printer.verdict(event));
      }
    }
    if (event.type === 'check.verdict') return EXIT_OF_VERDICT[event.verdict];
  }
  throw brokenOff();
}
