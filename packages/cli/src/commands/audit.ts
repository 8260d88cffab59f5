/** `trustmonitor audit`: what the gate decided over a period, as a document. */
import { Command } from 'commander';
import type { ApiClient } from '../api/client.ts';
import type { ApiOptions } from '../api/locate.ts';
import { action, type Context } from '../context.ts';
import { EXIT } from '../exit.ts';
import type { AskedBy } from '../gate/document.ts';
import { withApi } from './options.ts';

interface Options extends ApiOptions {
  readonly service?: string;
  readonly from?: string;
  readonly to?: string;
  readonly verify?: boolean;
  readonly root?: string;
  readonly out?: string;
}

const DEFAULT_PERIOD_MS = 30 * 86_400_000;
const CLOCKS_MS = 600_000;

export function auditCommand(context: Context): Command {
  return withApi(new Command('audit'))
    .description('the decisions of the gate over a period, with their facts, as Markdown')
    .option('-s, --service <name>', 'only of this service')
    .option('--from <time>', 'a day, or a time in UTC (30 days before the end)')
    .option('--to <time>', 'the period ends before it (now)')
    .option('--verify', 'check every signature from the pinned root on')
    .option('--root <file>', 'root file of the network, from a source that you trust')
    .option('-o, --out <file>', 'write to a file')
    .addHelpText(
      'after',
      '\nEverything is read from the signed statements. Who asked comes from the audit log, and needs a\n' +
        'token with `audit:read`. Whether all decisions are there is for `log audit` to say.\n' +
        'Exit codes: 0 ok, 1 a signature does not verify, 2 usage.\n',
    )
    .action(
      action(context, async (options: Options) => {
        const { connectApi } = await import('../api/client.ts');
        const { formatDecisions } = await import('../gate/document.ts');
        const { openDecisions } = await import('../gate/open.ts');
        const { writeOutput } = await import('./write-output.ts');
        const { timeOf } = await import('./time-option.ts');
        const { settings, terminal } = context;
        const to = options.to === undefined ? new Date() : new Date(timeOf(options.to, '--to'));
        const from = options.from ?? new Date(to.getTime() - DEFAULT_PERIOD_MS).toISOString();
        const period = { from: timeOf(from, '--from'), to: to.toISOString() };
        const of = options.service === undefined ? {} : { service: options.service };
        const api = await connectApi(options, settings);
        const ring = options.verify === true ? await trusted(api, options, context) : null;
        const decisions = openDecisions(
          await api.releases.gateDecisions({ ...of, ...period }),
          ring,
        );
        const askedBy = await whoAsked(api, { ...of, ...period }, context);
        const document = formatDecisions({ ...period, ...of, decisions, askedBy });
        await writeOutput(options.out, new TextEncoder().encode(document), context);
        const bad = decisions.filter(({ signature }) => signature.state === 'refused');
        if (bad.length === 0) return EXIT.ok;
        terminal.say(`${bad.length} of ${decisions.length} decisions do not verify.`);
        return EXIT.failed;
      }),
    );
}

async function trusted(api: ApiClient, options: Options, { settings }: Context) {
  const { pinnedRoot, trustedRing } = await import('../log/trust.ts');
  return trustedRing(await api.network.keyRings(), await pinnedRoot(options, settings));
}

/** By decision; null where the token may not read the audit log. */
async function whoAsked(
  api: ApiClient,
  { service, from, to }: { readonly service?: string; readonly from: string; readonly to: string },
  { terminal }: Context,
): Promise<ReadonlyMap<string, AskedBy> | null> {
  const { isTrustMonitorError } = await import('@trustmonitor/protocol');
  // The database's clock says when an entry was written, and the coordinator's when it decided.
  const apart = (at: string, ms: number): string => new Date(Date.parse(at) + ms).toISOString();
  const filter = {
    ...{ action: 'gate.decided', from: apart(from, -CLOCKS_MS), to: apart(to, CLOCKS_MS) },
    ...(service === undefined ? {} : { subject: service }),
  };
  try {
    const entries = await api.auditLog(filter);
    return new Map(entries.map((entry) => [String(entry.detail['decision']), entry]));
  } catch (error) {
    if (!isTrustMonitorError(error, 'auth.forbidden')) throw error;
    terminal.say('The token may not read the audit log: who asked is left out.');
    return null;
  }
}
