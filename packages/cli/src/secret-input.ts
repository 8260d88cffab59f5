/** Secrets that somebody types or a file holds: never on a command line, where others can see them. */
import { readFile } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { Writable } from 'node:stream';
import { TrustMonitorError } from '@trustmonitor/protocol';

/** Throws `config.invalid`, naming the option `where`, for a file that is not there or begins empty. */
export async function firstLineOf(file: string, where: string): Promise<string> {
  const text = await readFile(file, 'utf8').catch((cause: unknown) => {
    throw new TrustMonitorError('config.invalid', `${file} cannot be read`, { where, cause });
  });
  const [line = ''] = text.split(/\r?\n/);
  if (line !== '') return line;
  throw new TrustMonitorError('config.invalid', `the first line of ${file} is empty`, { where });
}

/** Asks whoever sits at the terminal. Nothing of what is typed is shown. */
export async function ask(prompt: string): Promise<string> {
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

/** From whoever sits at the terminal, or the first line of what is piped in; '' where there is none. */
export async function askOrRead(prompt: string): Promise<string> {
  if (process.stdin.isTTY) return ask(prompt);
  const lines = createInterface({ input: process.stdin });
  for await (const line of lines) return line;
  return '';
}
