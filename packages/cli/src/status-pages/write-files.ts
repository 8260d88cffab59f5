/** The files of a page into a folder, and those of an earlier export out of it. */
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { TrustMonitorError, type StatusPageFiles } from '@trustmonitor/protocol';

/** A server says what they are called: none leads out of the folder. */
const PATH = /^(?:[a-z0-9][a-z0-9-]*\/)*[a-z0-9][a-z0-9-]*\.[a-z]+$/;

/** What was written into the folder; a page has no file of such a name. */
const MANIFEST = '.trustmonitor-files.json';

/**
 * Afterwards the folder holds these files, and none that an earlier call wrote and this one does not;
 * whatever else is in it stays. What is written is listed before it is, so that a call that was cut off
 * is cleared up by the next. Returns the paths that were deleted.
 *
 * Throws `data.unwritable`, and `message.malformed` for a path that is none.
 */
export async function writeFiles(
  folder: string,
  files: StatusPageFiles['files'],
): Promise<string[]> {
  const paths = files.map(({ path }) => path);
  const strange = paths.find((path) => !PATH.test(path));
  if (strange !== undefined) {
    throw new TrustMonitorError('message.malformed', `${strange} is no path of a page's file`);
  }
  const known = await readManifest(folder);
  const gone = known.filter((path) => !paths.includes(path));
  await writeManifest(folder, [...paths, ...gone]);
  for (const { path, text, encoding = 'utf8' } of files) {
    await write(join(folder, path), Buffer.from(text, encoding));
  }
  for (const path of gone) await remove(join(folder, path));
  await writeManifest(folder, paths);
  return gone;
}

/** None where nothing was written yet. */
async function readManifest(folder: string): Promise<string[]> {
  const file = join(folder, MANIFEST);
  try {
    const paths: unknown = JSON.parse(await readFile(file, 'utf8'));
    if (Array.isArray(paths) && paths.every(isPath)) return paths;
  } catch (error) {
    if (isMissing(error)) return [];
  }
  throw new TrustMonitorError('data.unwritable', `${file} is not as an export leaves it`, {
    where: file,
    hint: 'it lists what to delete: empty the folder, and export again',
  });
}

const isPath = (path: unknown): path is string => typeof path === 'string' && PATH.test(path);

const isMissing = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && error.code === 'ENOENT';

const writeManifest = (folder: string, paths: readonly string[]): Promise<void> =>
  write(join(folder, MANIFEST), `${JSON.stringify(paths, null, 1)}\n`);

async function write(file: string, content: string | Buffer): Promise<void> {
  try {
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, content);
  } catch (cause) {
    throw unwritable(file, 'written', cause);
  }
}

async function remove(file: string): Promise<void> {
  try {
    await rm(file, { force: true });
  } catch (cause) {
    throw unwritable(file, 'deleted', cause);
  }
}

function unwritable(file: string, what: string, cause: unknown): TrustMonitorError {
  return new TrustMonitorError('data.unwritable', `${file} cannot be ${what}`, {
    where: file,
    hint: 'check that this user may write there',
    cause,
  });
}
