/** `trustmonitor validate PATH` */
import { Command } from 'commander';
import { action, type Context } from '../context.ts';
import { EXIT } from '../exit.ts';
import { jsonOption, type JsonOption } from './options.ts';

export function validateCommand(context: Context): Command {
  return new Command('validate')
    .description('check monitors, with no server')
    .argument('<path>', 'file, or folder of *.yaml files')
    .option(...jsonOption)
    .action(
      action(context, async (path: string, options: JsonOption) => {
        const { loadMonitors } = await import('../monitors-file/load.ts');
        const { reportFaults } = await import('./load-monitors.ts');
        const { plural } = await import('../output/words.ts');
        const { terminal, settings } = context;
        const result = await loadMonitors(path, settings.environment);
        const faults = result.ok ? [] : result.faults;
        if (options.json === true) terminal.json({ valid: result.ok, faults });
        else if (result.ok) {
          const { monitors, channels } = result.loaded.body;
          const found = [plural(monitors.length, 'monitor'), plural(channels.length, 'channel')];
          terminal.say(`${path} is valid: ${found.join(', ')}.`);
        } else reportFaults(faults, terminal);
        return result.ok ? EXIT.ok : EXIT.usage;
      }),
    );
}
