/** Options of every command that the root signs. */
import type { Command } from 'commander';
import type { ApiOptions } from '../api/locate.ts';
import { withApi } from '../commands/options.ts';

export interface ChangeOptions extends ApiOptions {
  readonly rootKey?: readonly string[];
  readonly passphraseFile?: string;
  readonly draft?: string;
}

export function withRoot(command: Command): Command {
  return withApi(command)
    .option('--root-key <file...>', 'root key files (keys/root.key in the data folder)')
    .option('--passphrase-file <file>', 'file whose first line is the root key’s passphrase')
    .option('--draft <file>', 'write the signed version there, for other roots to sign as well');
}
