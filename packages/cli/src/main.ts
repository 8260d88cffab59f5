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

// The reader has closed the pipe (`| head`): there is nobody left to write to.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  process.exit(error.code === 'EPIPE' ? EXIT.ok : EXIT.failed);
});

process.exitCode = await runCli(process.argv.slice(2), {
  terminal: terminalOn(process.stdout, process.stderr, process.env),
  settings: readSettings(process.env, version, process.argv[1] ?? ''),
  exitCode: EXIT.ok,
});
