/** What every command is given, and how a command's handler becomes an exit code. */
import { EXIT, type ExitCode } from './exit.ts';
import type { Terminal } from './output/terminal.ts';
import type { Settings } from './settings.ts';

export interface Context {
  readonly terminal: Terminal;
  readonly settings: Settings;
  /** The code that the process will end with. */
  exitCode: ExitCode;
}

/** Wraps a handler for commander: what it returns is the exit code, and nothing is `ok`. */
export function action<Args extends unknown[]>(
  context: Context,
  handler: (...args: Args) => Promise<ExitCode | undefined>,
): (...args: Args) => Promise<void> {
  return async (...args) => {
    context.exitCode = (await handler(...args)) ?? EXIT.ok;
  };
}
