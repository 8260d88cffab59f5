/** The agent's folder: private to its user, and used by one process at a time. */
import { randomBytes } from 'node:crypto';
import { link, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { TrustMonitorError } from '@trustmonitor/protocol';

const OWNER_ONLY_FOLDER = 0o700;
const OWNER_ONLY_FILE = 0o600;

/**
 * Makes a folder that only its owner can enter. One that exists keeps its mode: the operator may
 * have named a shared place, and what is private has folders of its own. Throws `data.unwritable`.
 */
export async function ensureFolder(folder: string): Promise<void> {
  try {
    await mkdir(folder, { recursive: true, mode: OWNER_ONLY_FOLDER });
  } catch (cause) {
    throw unwritable(folder, `folder ${folder} cannot be made`, cause);
  }
}

/**
 * The text of a private file, which is made with `make` if there is none. A link fails where a
 * file is already: of two processes that start at once, one makes the file and both use it.
 * Throws `data.unwritable`.
 */
export async function readOrCreatePrivateFile(file: string, make: () => string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    if (errnoOf(error) !== 'ENOENT') throw unwritable(file, `${file} cannot be read`, error);
  }
  try {
    await placeNewFile(file, make());
  } catch (error) {
    if (errnoOf(error) !== 'EEXIST') throw unwritable(file, `${file} cannot be written`, error);
  }
  return readFile(file, 'utf8');
}

/**
 * Takes the folder for this process; the returned function gives it back.
 *
 * Two processes on one folder would each continue the same chain of batches, and their forks
 * would look like an agent that rewrites its past. A lock left by a process that is gone, or
 * whose pid somebody else has now, is taken over. Throws `data.unwritable`.
 */
export async function lockDataDirectory(directory: string): Promise<() => Promise<void>> {
  const file = join(directory, 'agent.lock');
  const mine = await ownerOf(process.pid);
  for (;;) {
    try {
      await placeNewFile(file, mine);
      return () => rm(file, { force: true });
    } catch (error) {
      if (errnoOf(error) !== 'EEXIST') throw unwritable(file, `${file} cannot be written`, error);
    }
    const holder = await readFile(file, 'utf8').catch(() => '');
    const pid = Number(holder.split(' ')[0]);
    if (isAlive(pid) && holder === (await ownerOf(pid))) {
      throw unwritable(directory, `${directory} is in use by the agent with process id ${pid}`);
    }
    await rm(file, { force: true });
  }
}

/** A pid and, where the system tells, when its process started: pids are used again. */
async function ownerOf(pid: number): Promise<string> {
  const stat = await readFile(`/proc/${pid}/stat`, 'latin1').catch(() => '');
  // proc(5): field 22 is the start time; the command before it may hold spaces and brackets.
  const startTime = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '';
  return `${pid} ${startTime}`;
}

function isAlive(pid: number): boolean {
  if (!Number.isSafeInteger(pid) || pid <= 0) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return errnoOf(error) === 'EPERM';
  }
}

/** Makes a file in one step; fails with EEXIST where there is one. */
async function placeNewFile(file: string, text: string): Promise<void> {
  await mkdir(dirname(file), { recursive: true, mode: OWNER_ONLY_FOLDER });
  const draft = `${file}.${randomBytes(6).toString('hex')}.tmp`;
  try {
    await writeFile(draft, text, { mode: OWNER_ONLY_FILE, flag: 'wx', flush: true });
    await link(draft, file);
  } finally {
    await rm(draft, { force: true });
  }
}

export function unwritable(where: string, message: string, cause?: unknown): TrustMonitorError {
  return new TrustMonitorError('data.unwritable', message, {
    where,
    hint: 'TM_DATA_DIR must name a folder that this user can write and no other agent uses.',
    cause,
  });
}

function errnoOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error ? String(error.code) : undefined;
}
