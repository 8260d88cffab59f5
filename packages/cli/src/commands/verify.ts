/** `trustmonitor verify BUNDLE --root FILE`: needs no network, no configuration, no stack. */
import { Command, Option } from 'commander';
import type { VerificationReport } from '@trustmonitor/evidence';
import { action, type Context } from '../context.ts';
import { EXIT, type ExitCode } from '../exit.ts';

interface Options {
  readonly root: string;
  readonly format: 'text' | 'json';
  readonly quiet?: boolean;
  readonly printStatement?: boolean;
  readonly insecureIgnoreWitnesses?: boolean;
}

export function verifyCommand(context: Context): Command {
  return new Command('verify')
    .description('check a proof, offline')
    .argument('<bundle>', 'evidence bundle ("-" is stdin)')
    .requiredOption('--root <file>', 'root file of the network, from a source that you trust')
    .addOption(
      new Option('--format <format>', 'how to print').choices(['text', 'json']).default('text'),
    )
    .option('-q, --quiet', 'print nothing but what was asked for; the exit code tells')
    .option('--print-statement', 'print the verified statement (in-toto JSON) on stdout')
    .option('--insecure-ignore-witnesses', 'take the word of the log alone')
    .addHelpText('after', '\nExit codes: 0 verified, 1 not verified, 2 usage or malformed input.\n')
    .action(
      action(context, async (file: string, options: Options) => {
        const { readBundle, readRootFile } = await import('../verify/read.ts');
        const { verifyBundle } = await import('@trustmonitor/evidence');
        const { nodeVerifier } = await import('@trustmonitor/evidence/node');
        const root = await readRootFile(options.root);
        const report = verifyBundle(await readBundle(file), root, {
          verifier: nodeVerifier,
          insecureIgnoreWitnesses: options.insecureIgnoreWitnesses === true,
        });
        await print(report, options, context);
        return exitCodeOf(report);
      }),
    );
}

function exitCodeOf({ passed, malformed }: VerificationReport): ExitCode {
  if (passed) return EXIT.ok;
  return malformed ? EXIT.usage : EXIT.failed;
}

/** Verified data goes to stdout, and what was checked to stderr. Unverified data goes nowhere. */
async function print(
  report: VerificationReport,
  { format, quiet, printStatement }: Options,
  { terminal }: Context,
): Promise<void> {
  const { factsOf, renderChecks, reportAsJson } = await import('../verify/print.ts');
  if (format === 'json') {
    terminal.json(reportAsJson(report, printStatement === true));
    return;
  }
  if (quiet !== true) terminal.say(renderChecks(report, terminal.paintChatter));
  if (report.statement === null) return;
  if (printStatement === true) terminal.json(report.statement);
  else if (quiet !== true) terminal.print(factsOf(report.statement, terminal.paint));
}
