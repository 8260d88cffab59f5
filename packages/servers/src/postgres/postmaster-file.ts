import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { processEntry } from '../process-table.ts';

/*
 * postmaster.pid, which PostgreSQL keeps in its data directory: the pid on line 1 and the
 * status on line 8 (src/include/utils/pidfile.h). A server that was killed leaves it behind.
 */
const STATUS_LINE = 7;

/** True once the server `pid` says that it accepts connections. */
export async function isReady(data: string, pid: number): Promise<true | undefined> {
  const lines = await linesOf(data);
  return Number(lines[0]) === pid && lines[STATUS_LINE]?.trim() === 'ready' ? true : undefined;
}

/**
 * Removes a file left by a killed server whose pid somebody else has since been given:
 * PostgreSQL itself only looks whether the pid is alive, and would refuse to start for as
 * long as that stranger lives. In containers, where pids are few, that does happen.
 */
export async function removeIfPidIsAStranger(data: string): Promise<void> {
  const pid = Number((await linesOf(data))[0]);
  if (!Number.isSafeInteger(pid) || pid < 1) return;
  const entry = await processEntry(pid);
  const isStranger = entry !== undefined && !entry.commandLine.includes(data);
  if (isStranger) await rm(join(data, 'postmaster.pid'), { force: true });
}

async function linesOf(data: string): Promise<string[]> {
  const text = await readFile(join(data, 'postmaster.pid'), 'utf8').catch(() => '');
  return text.split('\n');
}
