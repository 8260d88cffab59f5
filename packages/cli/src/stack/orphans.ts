/** Processes of a stack that was killed: they have lived on, and are stopped before a new start. */
import { readFile, readdir, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { isAlive, parseIdentity, type ProcessIdentity } from './process-identity.ts';
import { until } from './until.ts';

const GRACE_MS = 10_000;

/** `note` takes one line for each process that is stopped. */
export async function stopOrphans(
  recordsFolder: string,
  note: (line: string) => void,
): Promise<void> {
  const names = await readdir(recordsFolder).catch(() => []);
  await Promise.all(names.map((name) => settle(join(recordsFolder, name), note)));
}

async function settle(recordFile: string, note: (line: string) => void): Promise<void> {
  const identity = parseIdentity(await readFile(recordFile, 'utf8').catch(() => ''));
  if (identity !== null && (await isAlive(identity))) {
    const name = basename(recordFile, '.json');
    note(`stopping ${name} (process ${identity.pid}), left behind by a stack that was killed`);
    await end(identity);
  }
  await rm(recordFile, { force: true });
}

async function end(identity: ProcessIdentity): Promise<void> {
  for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
    try {
      process.kill(identity.pid, signal);
    } catch {
      return; // It went by itself.
    }
    const isGone = await until(async () => ((await isAlive(identity)) ? null : true), {
      withinMs: GRACE_MS,
    });
    if (isGone === true) return;
  }
}
