/** `trustmonitor verify BUNDLE --root FILE`: needs no network, no configuration, no stack. */
import { Command, Option } from 'commander';
import { action, type Context } from '../context.ts';
import { EXIT, type ExitCode } from '../exit.ts';
import type { Presented } from '../verify/print.ts';

interface Options {
  readonly root?: string;
  readonly savePage?: string;
  readonly format: 'text' | 'json';
  readonly quiet?: boolean;
  readonly printStatement?: boolean;
  readonly insecureIgnoreWitnesses?: boolean;
}

/** `readPage` gives the verifier as one HTML page, for `--save-page`. */
export function verifyCommand(
  context: Context,
  readPage: () => Promise<Uint8Array> = builtPage,
  name = 'verify',
): Command {
  return new Command(name)
    .description('check a proof, offline')
    .argument('[file]', 'evidence bundle or uptime report ("-" is stdin)')
    .option('--root <file>', 'root file of the network, from a source that you trust')
    .addOption(
      new Option('--format <format>', 'how to print').choices(['text', 'json']).default('text'),
    )
    .option('-q, --quiet', 'print nothing but what was asked for; the exit code tells')
    .option('--print-statement', 'print the verified statement (in-toto JSON) on stdout')
    .option('--insecure-ignore-witnesses', 'take the word of the log alone')
    .option('--save-page <file>', 'save the verifier as one HTML page, for any browser')
    .addHelpText('after', '\nExit codes: 0 verified, 1 not verified, 2 usage or malformed input.\n')
    .action(
      action(context, async (file: string | undefined, options: Options) => {
        if (options.savePage !== undefined) {
          await savePage(options.savePage, readPage, context);
          if (file === undefined) return EXIT.ok;
        }
        const given = await requireInputs(file, options);
        const { readBundle, readRootFile } = await import('../verify/read.ts');
        const { isReportFile, verifyBundle, verifyReport } = await import('@trustmonitor/evidence');
        const { nodeVerifier } = await import('@trustmonitor/evidence/node');
        const root = await readRootFile(given.root);
        const bytes = await readBundle(given.file);
        const how = {
          verifier: nodeVerifier,
          insecureIgnoreWitnesses: options.insecureIgnoreWitnesses === true,
        };
        const { presentBundle, presentReport } = await import('../verify/print.ts');
        const found = isReportFile(bytes)
          ? presentReport(verifyReport(bytes, root, how))
          : presentBundle(verifyBundle(bytes, root, how));
        print(found, options, context);
        return exitCodeOf(found.report);
      }),
    );
}

/** Throws `config.invalid`, naming what is missing. */
async function requireInputs(
  file: string | undefined,
  { root }: Options,
): Promise<{ file: string; root: string }> {
  const { TrustMonitorError } = await import('@trustmonitor/protocol');
  if (file === undefined) {
    throw new TrustMonitorError('config.invalid', 'name the bundle to verify', { where: 'bundle' });
  }
  if (root !== undefined) return { file, root };
  throw new TrustMonitorError('config.invalid', 'nothing says whom to trust', {
    where: '--root',
    hint: 'name the root file of the network, from a source that you trust',
  });
}

async function savePage(
  file: string,
  readPage: () => Promise<Uint8Array>,
  context: Context,
): Promise<void> {
  const { writeOutput } = await import('./write-output.ts');
  await writeOutput(file, await readPage(), context);
}

async function builtPage(): Promise<Uint8Array> {
  const { readVerifyPage } = await import('@trustmonitor/evidence/node');
  return readVerifyPage();
}

function exitCodeOf({ passed, malformed }: Presented['report']): ExitCode {
  if (passed) return EXIT.ok;
  return malformed ? EXIT.usage : EXIT.failed;
}

/** Verified data goes to stdout, and what was checked to stderr. Unverified data goes nowhere. */
function print(
  found: Presented,
  { format, quiet, printStatement }: Options,
  { terminal }: Context,
): void {
  if (format === 'json') {
    terminal.json(found.json(printStatement === true));
    return;
  }
  if (quiet !== true) terminal.say(found.checks(terminal.paintChatter));
  const { statement } = found.report;
  if (statement === null) return;
  if (printStatement === true) terminal.json(statement);
  else if (quiet !== true) terminal.print(found.facts(terminal.paint));
}
