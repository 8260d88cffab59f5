/** `trustmonitor schema` */
import { Command } from 'commander';
import { action, type Context } from '../context.ts';

const HELP = `
Example:
  trustmonitor schema > trustmonitor.schema.json

Editors that read "# yaml-language-server: $schema=trustmonitor.schema.json" in the first line of
a monitors file then complete and check it while you write.
`;

export function schemaCommand(context: Context): Command {
  return new Command('schema')
    .description('print the JSON Schema of a monitors file')
    .addHelpText('after', HELP)
    .action(
      action(context, async () => {
        const { publishedSchema } = await import('../monitors-file/published-schema.ts');
        context.terminal.json(publishedSchema);
        return undefined;
      }),
    );
}
