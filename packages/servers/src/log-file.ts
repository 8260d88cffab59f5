import { open, readFile, rename, stat } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';

/** Above this size a log is set aside at the next start, so that two such files is the most kept. */
const LOG_LIMIT_BYTES = 10 * 1024 * 1024;

/** Opens a server's log for appending, setting an overlong one aside as `<path>.1`. */
export async function openLog(path: string): Promise<{ handle: FileHandle; startsAt: number }> {
  const bytes = await sizeOf(path);
  if (bytes > LOG_LIMIT_BYTES) await rename(path, `${path}.1`);
  const handle = await open(path, 'a', 0o600);
  return { handle, startsAt: (await handle.stat()).size };
}

/** What was written to the log after byte `from`. */
export async function logSince(path: string, from: number): Promise<string> {
  return (await readFile(path)).subarray(from).toString('utf8');
}

async function sizeOf(path: string): Promise<number> {
  return stat(path).then(
    (found) => found.size,
    () => 0,
  );
}
