/** A program as this process: arguments and environment in, exit code out. */
import type { Command } from 'commander';
import type { Context } from './context.ts';
import { EXIT } from './exit.ts';
import { terminalOn } from './output/terminal.ts';
import { runProgram } from './program.ts';
import { readSettings } from './settings.ts';

/** Runs a program on the process's own arguments. Never throws. */
export async function runProcess(
  version: string,
  programOf: (context: Context) => Command,
): Promise<void> {
  // The reader has closed the pipe (`| head`): there is nobody left to write data to.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    process.exit(error.code === 'EPIPE' ? EXIT.ok : EXIT.failed);
  });
  // Chatter that nobody can read (the terminal was closed) must not keep `up` from stopping in order.
  process.stderr.on('error', () => undefined);

  const context: Context = {
    terminal: terminalOn(process.stdout, process.stderr, process.env),
    settings: readSettings(process.env, version, process.argv[1] ?? ''),
    exitCode: EXIT.ok,
  };
  process.exitCode = await runProgram(programOf(context), process.argv.slice(2), context);
}
