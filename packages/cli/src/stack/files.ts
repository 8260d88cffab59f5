/** Reading and making what is in the data folder, with errors that say what to do. */
import { mkdir, open, readFile, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { TrustMonitorError } from '@trustmonitor/protocol';

/** Null when there is no such file. */
export async function readIfThere(path: string): Promise<string | null> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw new TrustMonitorError('data.unwritable', `${path} cannot be read`, {
      where: path,
      hint: `check who owns ${dirname(path)} and its files`,
      cause: error,
    });
  }
}

/**
 * As a recursive mkdir, which in Node never returns below a folder such as /proc, where making
 * one fails with ENOENT although its parent is there.
 */
async function makeFolder(path: string): Promise<void> {
  const parent = dirname(path);
  if (parent !== path && !(await isFolder(parent))) await makeFolder(parent);
  try {
    await mkdir(path, { mode: 0o700 });
  } catch (error) {
    if (!(await isFolder(path))) throw error;
  }
}

async function isFolder(path: string): Promise<boolean> {
  return (await stat(path).catch(() => null))?.isDirectory() ?? false;
}

/** Makes a folder for this user alone. Throws `data.unwritable`. */
export async function ensurePrivateFolder(path: string): Promise<void> {
  try {
    await makeFolder(path);
    await probeWrite(path);
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code;
    const why = code === 'ENOTDIR' || code === 'EEXIST' ? 'there is a file in its place' : code;
    throw new TrustMonitorError(
      'data.unwritable',
      `the data folder ${path} cannot be written: ${why ?? String(cause)}`,
      {
        where: path,
        hint: 'choose a folder that this user can write with --data (TM_DATA_DIR)',
        cause,
      },
    );
  }
}

/** Really writes: permission bits say nothing of read-only and full file systems. */
async function probeWrite(folder: string): Promise<void> {
  const probe = `${folder}/.probe.${process.pid}`;
  const file = await open(probe, 'w', 0o600);
  await file.close();
  await rm(probe, { force: true });
}
