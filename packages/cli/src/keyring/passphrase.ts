/** The passphrase of the root key: from a file, or asked of whoever sits at the terminal. */
import { readFile } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { Writable } from 'node:stream';
import { TrustMonitorError } from '@trustmonitor/protocol';

export interface PassphraseOptions {
  readonly passphraseFile?: string;
}

/** Throws `config.invalid` where there is neither a file nor a terminal. */
export async function readPassphrase(
  { passphraseFile }: PassphraseOptions,
  prompt: string,
): Promise<string> {
  if (passphraseFile !== undefined) return fromFile(passphraseFile);
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

async function fromFile(file: string): Promise<string> {
  const text = await readFile(file, 'utf8').catch((cause: unknown) => {
    throw new TrustMonitorError('config.invalid', `${file} cannot be read`, {
      where: '--passphrase-file',
      cause,
    });
  });
  const [line = ''] = text.split(/\r?\n/);
  if (line !== '') return line;
  throw new TrustMonitorError('config.invalid', `the first line of ${file} is empty`, {
    where: '--passphrase-file',
  });
}

/** Nothing of what is typed is shown. */
async function ask(prompt: string): Promise<string> {
  process.stderr.write(prompt);
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
  const lines = createInterface({ input: process.stdin, output: nowhere, terminal: true });
  try {
    return await new Promise<string>((resolve) => lines.question('', resolve));
  } finally {
    lines.close();
    process.stderr.write('\n');
  }
}
