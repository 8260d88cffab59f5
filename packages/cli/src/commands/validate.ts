/** `trustmonitor validate PATH` */
import { Command } from 'commander';
import { action, type Context } from '../context.ts';
import { EXIT } from '../exit.ts';
import type { LoadedMonitors } from '../monitors-file/load.ts';
import { jsonOption, type JsonOption } from './options.ts';

const HELP = `
Examples:
  trustmonitor validate monitors.yaml
  trustmonitor validate monitors/ --json | jq -r '.faults[] | "\\(.file):\\(.line) \\(.what)"'

Every fault is named with file, line and column. No server is asked, and secrets need not be set:
a value such as { secret: "\${API_TOKEN}" } is checked without them, as a pull request's build has to.
`;

export function validateCommand(context: Context): Command {
  return new Command('validate')
    .description('check monitors, with no server')
    .argument('<path>', 'file, or folder of *.yaml files')
    .option(...jsonOption)
    .addHelpText('after', HELP)
    .action(
      action(context, async (path: string, options: JsonOption) => {
        const { loadMonitors } = await import('../monitors-file/load.ts');
        const { reportFaults } = await import('./load-monitors.ts');
        const { terminal, settings } = context;
        const result = await loadMonitors(path, settings.environment, { allowUnset: true });
        const faults = result.ok ? [] : result.faults;
        const unsetSecrets = result.ok ? result.loaded.unsetSecrets : [];
        if (options.json === true) terminal.json({ valid: result.ok, faults, unsetSecrets });
        else if (result.ok) await sayValid(path, result.loaded, context);
        else reportFaults(faults, terminal);
        return result.ok ? EXIT.ok : EXIT.usage;
      }),
    );
}

async function sayValid(
  path: string,
  { body, unsetSecrets }: LoadedMonitors,
  { terminal }: Context,
): Promise<void> {
  const { plural } = await import('../output/words.ts');
  const found = [plural(body.monitors.length, 'monitor'), plural(body.channels.length, 'channel')];
  terminal.say(`${path} is valid: ${found.join(', ')}.`);
  if (unsetSecrets.length === 0) return;
  terminal.say(`To plan or apply it, set (or NAME_FILE): ${unsetSecrets.join(', ')}.`);
}
