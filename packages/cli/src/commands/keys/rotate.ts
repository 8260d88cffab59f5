/** `trustmonitor keys rotate ROLE` */
import { Argument, Command } from 'commander';
import { action, type Context } from '../../context.ts';
import { withRoot, type ChangeOptions } from '../../keyring/options.ts';
import { positiveInteger } from '../options.ts';

const ROLES = ['coordinator-report', 'push', 'enrolment', 'root'] as const;
type Role = (typeof ROLES)[number];

export function rotateCommand(context: Context): Command {
  return withRoot(new Command('rotate'))
    .description('put a new key in the place of an old one')
    .addArgument(new Argument('<role>', 'whose key').choices(ROLES))
    .option('--overlap-days <n>', 'how long the old key stays good beside it', positiveInteger, 7)
    .addHelpText('after', NOTES)
    .action(
      action(context, async (role: Role, options: ChangeOptions & { overlapDays: number }) => {
        const { rotate } = await import('../../keyring/rotate.ts');
        const { terminal } = context;
        const file = await rotate(role, options, context);
        if (options.draft === undefined) terminal.say(`The new key is in ${file}.`);
        if (role !== 'root') terminal.say('Restart the coordinators for them to use it.');
        return undefined;
      }),
    );
}

const NOTES = `
An agent's keys are replaced by joining again: agents invite --region REGION --agent NAME.
The log's key names the log: it is not rotated.`;
