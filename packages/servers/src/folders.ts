import { access, constants, mkdir, rename, writeFile } from 'node:fs/promises';
import { TrustMonitorError } from '@trustmonitor/protocol';

/**
 * Makes sure that `folder` exists and can be written.
 *
 * @throws TrustMonitorError `data.unwritable`, with the folder as `where`.
 */
export async function ensureWritableFolder(folder: string, mode: number): Promise<void> {
  try {
    await mkdir(folder, { recursive: true, mode });
    await access(folder, constants.W_OK | constants.X_OK);
  } catch (cause) {
    throw new TrustMonitorError('data.unwritable', `cannot write to ${folder}`, {
      where: folder,
      hint: `make ${folder} a folder that this user can write, or choose another data folder`,
      cause,
    });
  }
}

/** Writes a file that only its owner can read, whole or not at all. */
export async function writePrivateFile(path: string, content: string): Promise<void> {
  const draft = `${path}.${process.pid}.new`;
  await writeFile(draft, content, { mode: 0o600 });
  await rename(draft, path);
}
