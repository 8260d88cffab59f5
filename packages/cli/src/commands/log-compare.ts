/** `trustmonitor log compare A B`: did the log tell two people the same story? */
import type { Comparison, TrustedKeyRing } from '@trustmonitor/evidence';
import type { RootFile } from '@trustmonitor/protocol';
import { Command } from 'commander';
import { action, type Context } from '../context.ts';
import { EXIT, type ExitCode } from '../exit.ts';
import type { SavedCheckpoint } from '../log/compare.ts';
import type { LogClient } from '../log/log-client.ts';
import { dataOption, jsonOption, type JsonOption } from './options.ts';

interface Options extends JsonOption {
  readonly root?: string;
  readonly proof?: string;
  readonly keyring?: string;
  readonly url?: string;
  readonly data?: string;
}

type Pair = readonly [SavedCheckpoint, SavedCheckpoint];

export function logCompareCommand(context: Context): Command {
  return new Command('compare')
    .description('compare two saved checkpoints of one log')
    .argument('<a>', 'a checkpoint, as GET /log/checkpoint gave it')
    .argument('<b>', 'another one')
    .option('--root <file>', 'root file of the network, from a source that you trust')
    .option('--keyring <file>', 'saved key rings of the network, instead of those that it serves')
    .option('--proof <file>', 'consistency proof between the two: one base64 hash a line')
    .option('--url <url>', 'API to take the key rings and the proof from (TM_URL)')
    .option(...dataOption)
    .option(...jsonOption)
    .addHelpText(
      'after',
      '\nExit codes: 0 same or consistent, 1 conflict, 2 usage or malformed input, 6 unproven.\n',
    )
    .action(
      action(context, async (a: string, b: string, options: Options) => {
        const { openSaved, compareSaved } = await import('../log/compare.ts');
        const { readNote } = await import('../log/read.ts');
        const { pinnedRoot } = await import('../log/trust.ts');
        const pair: Pair = [openSaved(a, await readNote(a)), openSaved(b, await readNote(b))];
        const root = await pinnedRoot(options, context.settings);
        const client = await clientOf(options, context);
        const log = await logKeyFor(pair[0].origin, root, client, options, context);
        const proof = await proofFor(pair, client, options);
        const comparison = compareSaved(pair, log, proof);
        print(comparison, pair, options, context);
        return EXIT_OF[comparison];
      }),
    );
}

const EXIT_OF: Readonly<Record<Comparison, ExitCode>> = {
  same: EXIT.ok,
  consistent: EXIT.ok,
  conflict: EXIT.failed,
  unproven: EXIT.indeterminate,
};

/** Null where neither a server was named nor the local stack runs: then files have to do. */
async function clientOf(options: Options, { settings }: Context): Promise<LogClient | null> {
  const { locatePublicApi } = await import('../api/locate.ts');
  const { LogClient } = await import('../log/log-client.ts');
  const { transportTo } = await import('../api/transport.ts');
  const location = await locatePublicApi(options, settings);
  return location === null ? null : new LogClient(transportTo(location));
}

async function logKeyFor(
  origin: string,
  root: RootFile,
  client: LogClient | null,
  options: Options,
  { settings }: Context,
) {
  const { TrustMonitorError } = await import('@trustmonitor/protocol');
  const { readKeyRings, asInput } = await import('../log/read.ts');
  const { logKeyOf, trustedRing } = await import('../log/trust.ts');
  const { pathsOf } = await import('../stack/paths.ts');
  let ring: TrustedKeyRing;
  if (options.keyring === undefined && client !== null) {
    const served = await client.keyRings();
    ring = asInput('the served key rings', () => trustedRing(served, root));
  } else {
    const path = options.keyring ?? pathsOf(options.data ?? settings.dataDirectory).keyringFile;
    const saved = await readKeyRings(path);
    ring = asInput(path, () => trustedRing(saved, root));
  }
  const log = logKeyOf(ring, origin);
  if (log !== null) return log;
  throw new TrustMonitorError('input.malformed', `the key rings name no log "${origin}"`, {
    hint: 'are the checkpoints and the root file of the same network?',
  });
}

async function proofFor(
  [a, b]: Pair,
  client: LogClient | null,
  { proof }: Options,
): Promise<Uint8Array[] | null> {
  const { readProof } = await import('../log/read.ts');
  const { fetchConsistency } = await import('../log/compare.ts');
  if (proof !== undefined) return readProof(proof);
  if (client === null || a.size === b.size) return null;
  return fetchConsistency(client, Math.min(a.size, b.size), Math.max(a.size, b.size));
}

function print(
  comparison: Comparison,
  [a, b]: Pair,
  { json }: Options,
  { terminal }: Context,
): void {
  if (json === true) {
    const named = [a, b].map(({ path, size, root }) => ({
      file: path,
      size,
      root: Buffer.from(root).toString('base64'),
    }));
    terminal.json({ comparison, origin: a.origin, checkpoints: named });
    return;
  }
  const isGood = EXIT_OF[comparison] === EXIT.ok;
  const colour = isGood ? 'green' : comparison === 'conflict' ? 'red' : 'yellow';
  terminal.print(terminal.paint(colour, comparison));
  terminal.say(meaningOf(comparison, a, b));
}

function meaningOf(comparison: Comparison, a: SavedCheckpoint, b: SavedCheckpoint): string {
  const [older, newer] = a.size <= b.size ? [a, b] : [b, a];
  switch (comparison) {
    case 'same':
      return `Both are the tree of ${a.size} leaves, and the log signed both.`;
    case 'consistent':
      return (
        `The ${older.size} leaves of ${older.path} are the first ${older.size} of the ` +
        `${newer.size} of ${newer.path}: nothing was removed or changed in between.`
      );
    case 'conflict':
      return `The log signed two different trees of ${a.size} leaves: it showed different people
different histories, or it rewrote its own. No fault of a network or a disk makes
two valid signatures, so this proves misbehaviour (or a stolen log key) to anybody,
without any server, for as long as the key ring is known.

Keep, unchanged:  ${a.path}
                  ${b.path}
                  the root file, and the key rings (/.well-known/trustmonitor/keyring.json)
Then show them to the operators of the witnesses and of other copies of the log, and
believe no evidence from this log that is newer than the last checkpoint you trust.`;
    case 'unproven':
      return `The log signed both, but nothing shows that the tree of ${older.size} leaves is the
beginning of that of ${newer.size}. That is no proof against the log, and none for it:
ask the log for a consistency proof (--url), or give one with --proof. A log that
cannot give one, or whose proof fails, has something to explain. Keep both files.`;
  }
}
