/** `trustmonitor import gatus|uptime-kuma FILE` */
import { Command } from 'commander';
import type { Context } from '../context.ts';
import { action } from '../context.ts';
import { EXIT, type ExitCode } from '../exit.ts';
import type { Imported } from '../import/draft.ts';
import { jsonOption, type JsonOption } from './options.ts';
import { ownerName } from './plan-options.ts';

const HELP = `
Examples:
  trustmonitor import gatus config.yaml > trustmonitor.yaml
  trustmonitor import uptime-kuma backup.json -o trustmonitor.yaml
  trustmonitor import uptime-kuma data/kuma.db --owner acme/shop > trustmonitor.yaml

What could not be translated is listed on stderr: where it stands, why, and what to do instead. Look
at the file, then: trustmonitor validate trustmonitor.yaml && trustmonitor plan trustmonitor.yaml
`;

interface ImportOptions extends JsonOption {
  readonly owner?: string;
  readonly output?: string;
}

export function importCommand(context: Context): Command {
  const command = new Command('import')
    .description('turn what another tool watches into a monitors file')
    .addHelpText('after', HELP);
  command.addCommand(
    toolCommand('gatus', 'a configuration file of Gatus', context, async (file, bytes) => {
      const { importGatus } = await import('../import/gatus.ts');
      return { imported: importGatus(file, new TextDecoder().decode(bytes)), isLiteral: false };
    }),
  );
  command.addCommand(
    toolCommand('uptime-kuma', 'a JSON backup or kuma.db', context, async (file, bytes) => {
      const { readKuma } = await import('../import/kuma-source.ts');
      const { importKuma } = await import('../import/kuma.ts');
      return {
        imported: importKuma(await readKuma(file, bytes, context.settings.environment)),
        isLiteral: true,
      };
    }),
  );
  return command;
}

interface Read {
  readonly imported: Imported;
  /** Whether a `${NAME}` in it is no reference to the environment. */
  readonly isLiteral: boolean;
}

function toolCommand(
  tool: string,
  argument: string,
  context: Context,
  read: (file: string, bytes: Uint8Array) => Promise<Read>,
): Command {
  return new Command(tool)
    .description(`import ${argument}`)
    .argument('<file>', argument)
    .option('--owner <name>', 'whose monitors they are to be', ownerName)
    .option('-o, --output <file>', 'write to a file')
    .option(...jsonOption)
    .addHelpText('after', HELP)
    .action(
      action(context, async (file: string, options: ImportOptions) => {
        const { readInput } = await import('../import/read-input.ts');
        return write(await read(file, await readInput(file)), options, context);
      }),
    );
}

async function write(
  { imported, isLiteral }: Read,
  options: ImportOptions,
  context: Context,
): Promise<ExitCode> {
  const { fileOf } = await import('../import/file-of.ts');
  const { yamlOf } = await import('../export/export.ts');
  const { writeOutput } = await import('./write-output.ts');
  const { plural } = await import('../output/words.ts');
  const { printable } = await import('../output/printable.ts');
  const { terminal } = context;
  const { monitors, notes } = imported;
  const { document, secrets } = fileOf(monitors, options.owner ?? null, isLiteral);
  for (const { where, what } of notes) terminal.say(printable(`${where}: ${what}`));
  if (monitors.length === 0) {
    terminal.say(`${terminal.paintChatter('red', 'error:')} there was nothing to import`);
    return EXIT.failed;
  }
  const data = { document, notes, secrets };
  const text = options.json === true ? JSON.stringify(data, null, 2) : yamlOf(document);
  await writeOutput(options.output, Buffer.from(`${text.trimEnd()}\n`), context);
  const left = notes.length === 0 ? '' : `; ${plural(notes.length, 'note')} above`;
  terminal.say(`Imported ${plural(monitors.length, 'monitor')}${left}.`);
  if (secrets.length === 0) return EXIT.ok;
  terminal.say('Secrets are not copied. Set these (or NAME_FILE) to plan or apply the file:');
  for (const { variable, monitor, secret } of secrets) {
    terminal.say(`  ${variable}  ${terminal.paintChatter('dim', `${secret} of ${monitor}`)}`);
  }
  return EXIT.ok;
}
