/** `trustmonitor keys sign|publish DRAFT`: for roots that are kept in different places. */
import { Command } from 'commander';
import type { ApiOptions } from '../../api/locate.ts';
import { action, type Context } from '../../context.ts';
import { withRoot, type ChangeOptions } from '../../keyring/options.ts';
import { withApi } from '../options.ts';

export function draftCommands(context: Context): Command[] {
  return [signCommand(context), publishCommand(context)];
}

function signCommand(context: Context): Command {
  return withRoot(new Command('sign'))
    .description('add this machine’s root signature to a draft, after reading it')
    .argument('<draft>', 'file that --draft has written')
    .action(
      action(context, async (draft: string, options: ChangeOptions) => {
        const { signDraft } = await import('../../keyring/draft.ts');
        const { text, signatures } = await signDraft(draft, options, context);
        context.terminal.print(text);
        context.terminal.say(`${draft} has ${signatures} signatures now.`);
        return undefined;
      }),
    );
}

function publishCommand(context: Context): Command {
  return withApi(new Command('publish'))
    .description('put a draft into force')
    .argument('<draft>', 'file with enough signatures')
    .action(
      action(context, async (draft: string, options: ApiOptions) => {
        const { publishDraft } = await import('../../keyring/draft.ts');
        const { version, where } = await publishDraft(draft, options, context);
        context.terminal.say(`Key ring version ${version} is in force (${where}).`);
        return undefined;
      }),
    );
}
