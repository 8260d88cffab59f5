/** The whole command as a process. */
import { readFileSync } from 'node:fs';
import { programOf } from './cli.ts';
import { runProcess } from './process.ts';

const { version } = JSON.parse(
  readFileSync(new URL('../package.json', import.meta.url), 'utf8'),
) as { version: string };

export const runAllCommands = (): Promise<void> => runProcess(version, programOf);
