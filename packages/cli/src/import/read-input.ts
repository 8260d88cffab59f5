/** The file of another tool, as bytes. */
import { readFile } from 'node:fs/promises';
import { TrustMonitorError } from '@trustmonitor/protocol';

/** Throws `not_found` or `input.malformed`. */
export async function readInput(file: string): Promise<Uint8Array> {
  return readFile(file).catch((cause: unknown) => {
    const isGone = (cause as NodeJS.ErrnoException).code === 'ENOENT';
    throw isGone
      ? new TrustMonitorError('not_found', `there is no file ${file}`, { where: file, cause })
      : new TrustMonitorError('input.malformed', `${file} cannot be read`, {
          where: file,
          hint: 'check that it is a file and that this user may read it',
          cause,
        });
  });
}
