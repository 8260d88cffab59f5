/** The files of a page into a folder. */
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { TrustMonitorError, type StatusPageFiles } from '@trustmonitor/protocol';

/** A server says what they are called: none leads out of the folder. */
const PATH = /^(?:[a-z0-9][a-z0-9-]*\/)*[a-z0-9][a-z0-9-]*\.[a-z]+$/;

/** Throws `data.unwritable`, and `message.malformed` for a path that is none. */
export async function writeFiles(folder: string, files: StatusPageFiles['files']): Promise<void> {
  const strange = files.find(({ path }) => !PATH.test(path));
  if (strange !== undefined) {
    throw new TrustMonitorError('message.malformed', `${strange.path} is no path of a page's file`);
  }
  for (const { path, text } of files) {
    const file = join(folder, path);
    try {
      await mkdir(dirname(file), { recursive: true });
      await writeFile(file, text);
    } catch (cause) {
      throw new TrustMonitorError('data.unwritable', `${file} cannot be written`, {
        where: file,
        hint: 'check that this user may write there',
        cause,
      });
    }
  }
}
