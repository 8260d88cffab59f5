/** Small private files (0600) that are made once and then only read. */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { TrustMonitorError } from '@trustmonitor/protocol';

/** Reads `file`, or writes what `create` makes; two that start together agree on one content. */
export async function readOrCreate(file: string, create: () => string): Promise<string> {
  try {
    await mkdir(dirname(file), { recursive: true, mode: 0o700 });
    // `wx` fails when the file is there: whoever came first is right.
    await writeFile(file, `${create()}\n`, { mode: 0o600, flag: 'wx' });
  } catch (cause) {
    if (!isExists(cause)) {
      throw new TrustMonitorError('data.unwritable', `${file} cannot be written`, {
        where: file,
        hint: 'Give this user write access to the folder.',
        cause,
      });
    }
  }
  return (await readFile(file, 'utf8')).trim();
}

function isExists(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'EEXIST';
}
