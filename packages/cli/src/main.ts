#!/usr/bin/env node
/** The process: arguments and environment in, exit code out. */
import { readFileSync } from 'node:fs';
import { runCli } from './cli.ts';
import { EXIT } from './exit.ts';
import { terminalOn } from './output/terminal.ts';
import { readSettings } from './settings.ts';

const { version } = JSON.parse(
  readFileSync(new URL('../package.json', import.meta.url), 'utf8'),
) as { version: string };

// The reader has closed the pipe (`| head`): there is nobody left to write data to.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  process.exit(error.code === 'EPIPE' ? EXIT.ok : EXIT.failed);
});
// Chatter that nobody can read (the terminal was closed) must not keep `up` from stopping in order.
process.stderr.on('error', () => undefined);

process.exitCode = await runCli(process.argv.slice(2), {
  terminal: terminalOn(process.stdout, process.stderr, process.env),
  settings: readSettings(process.env, version, process.argv[1] ?? ''),
  exitCode: EXIT.ok,
});
