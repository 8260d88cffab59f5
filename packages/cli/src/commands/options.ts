/** Options that several commands share, so that they read the same everywhere. */
import { InvalidArgumentError, type Command } from 'commander';

export const dataOption = ['--data <dir>', 'data folder of the local stack (TM_DATA_DIR)'] as const;
export const jsonOption = ['--json', 'print JSON'] as const;

/** Where the API is. */
export function withApi(command: Command): Command {
  return command
    .option('--url <url>', 'API to talk to (TM_URL)')
    .option('--token-file <file>', 'file that holds the API token (TM_TOKEN_FILE)')
    .option(...dataOption);
}

/** For commands that print data from the API. */
export function withApiData(command: Command): Command {
  return withApi(command.option(...jsonOption));
}

export interface JsonOption {
  readonly json?: boolean;
}

export function positiveInteger(text: string): number {
  if (/^[1-9]\d{0,5}$/.test(text)) return Number(text);
  throw new InvalidArgumentError('It must be a whole number from 1 to 999999.');
}

/** For an option that may be given several times. */
export const collect = (text: string, before: readonly string[]): string[] => [...before, text];
