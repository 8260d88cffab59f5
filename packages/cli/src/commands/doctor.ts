/** `trustmonitor doctor` */
import { Command } from 'commander';
import type { ApiOptions } from '../api/locate.ts';
import { action, type Context } from '../context.ts';
import { withApiData, type JsonOption } from './options.ts';

const HELP = `
Exit codes: 0 nothing is wrong (there may be warnings)   1 something is wrong
            5 nothing answers
`;

export function doctorCommand(context: Context): Command {
  return withApiData(new Command('doctor'))
    .description('look at every part of the network, and say what to do about what is wrong')
    .addHelpText('after', HELP)
    .action(
      action(context, async (options: ApiOptions & JsonOption) => {
        const { examine } = await import('../doctor/examine.ts');
        const { worst } = await import('../doctor/finding.ts');
        const { renderFindings } = await import('../doctor/print.ts');
        const { terminal, settings } = context;
        const { findings, exit } = await examine(options, settings);
        if (options.json === true) terminal.json({ level: worst(findings), findings });
        else terminal.print(renderFindings(findings, terminal.paint));
        return exit;
      }),
    );
}
