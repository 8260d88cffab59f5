/** How a command line is run, whichever commands it has. */
import { CommanderError, type Command } from 'commander';
import type { Context } from './context.ts';
import { EXIT, type ExitCode } from './exit.ts';

/** Runs one command line (without `node` and the script). Never throws. */
export async function runProgram(
  program: Command,
  args: readonly string[],
  context: Context,
): Promise<ExitCode> {
  forEachCommand(program, (command) => {
    command.exitOverride();
    command.configureOutput({
      writeOut: (text) => context.terminal.print(text.trimEnd()),
      writeErr: (text) => context.terminal.say(text.trimEnd()),
      getOutHasColors: () => false,
      getErrHasColors: () => false,
    });
  });
  try {
    await program.parseAsync(args, { from: 'user' });
    return context.exitCode;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
    const { reportError } = await import('./output/report-error.ts');
    return reportError(error, context.terminal);
  }
}

function forEachCommand(command: Command, act: (command: Command) => void): void {
  act(command);
  for (const child of command.commands) forEachCommand(child, act);
}
