/** `trustmonitor completion bash|zsh|fish` */
import { Argument, Command } from 'commander';
import { action, type Context } from '../context.ts';

const SHELLS = ['bash', 'zsh', 'fish'] as const;
type Shell = (typeof SHELLS)[number];

const HELP = `
Examples:
  source <(trustmonitor completion bash)                        in ~/.bashrc
  source <(trustmonitor completion zsh)                         in ~/.zshrc, after compinit
  trustmonitor completion fish > ~/.config/fish/completions/trustmonitor.fish
`;

export function completionCommand(context: Context): Command {
  return new Command('completion')
    .description('print what makes a shell complete commands and options')
    .addArgument(new Argument('<shell>', 'the shell').choices(SHELLS))
    .addHelpText('after', HELP)
    .action(
      action(context, async (shell: Shell, _options: object, command: Command) => {
        const { completionFor } = await import('../completion/scripts.ts');
        const root = command.parent;
        if (root !== null) context.terminal.print(completionFor(shell, root));
        return undefined;
      }),
    );
}
