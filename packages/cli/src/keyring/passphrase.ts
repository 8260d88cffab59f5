/** The passphrase of the root key: from a file, or asked of whoever sits at the terminal. */
import { TrustMonitorError } from '@trustmonitor/protocol';
import { ask, firstLineOf } from '../secret-input.ts';

export interface PassphraseOptions {
  readonly passphraseFile?: string;
}

/** Throws `config.invalid` where there is neither a file nor a terminal. */
export async function readPassphrase(
  { passphraseFile }: PassphraseOptions,
  prompt: string,
): Promise<string> {
  if (passphraseFile !== undefined) return firstLineOf(passphraseFile, '--passphrase-file');
  if (!process.stdin.isTTY) {
    throw new TrustMonitorError(
      'config.invalid',
      'a passphrase is needed, and nobody can type it',
      {
        where: '--passphrase-file',
        hint: 'name a file that holds it',
      },
    );
  }
  return ask(prompt);
}

/** A new one, typed twice. */
export async function newPassphrase(options: PassphraseOptions): Promise<string> {
  const first = await readPassphrase(options, 'Passphrase for the root key: ');
  if (options.passphraseFile !== undefined) return first;
  if ((await ask('Once more: ')) === first) return first;
  throw new TrustMonitorError('config.invalid', 'the two passphrases differ', {
    hint: 'nothing was written; try again',
  });
}
