/** Which process a pid means: pids are used again, so a pid alone is never trusted. */
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';

/** A process by its pid and its time of birth, in the words of the system. */
export interface ProcessIdentity {
  readonly pid: number;
  readonly birth: string;
}

export async function identityOf(pid: number): Promise<ProcessIdentity | null> {
  const birth = await (process.platform === 'linux' ? birthFromProc(pid) : birthFromPs(pid));
  return birth === null ? null : { pid, birth };
}

export async function isAlive({ pid, birth }: ProcessIdentity): Promise<boolean> {
  return (await identityOf(pid))?.birth === birth;
}

/** Null for what is no identity: a file cut short, or of another kind. */
export function parseIdentity(text: string): ProcessIdentity | null {
  try {
    const { pid, birth } = JSON.parse(text) as Partial<ProcessIdentity>;
    const isSound = Number.isSafeInteger(pid) && typeof birth === 'string';
    return isSound && pid !== undefined && pid > 1 ? { pid, birth } : null;
  } catch {
    return null;
  }
}

// From /proc, because slim container images have no `ps`. A zombie counts as gone.
async function birthFromProc(pid: number): Promise<string | null> {
  const stat = await readFile(`/proc/${pid}/stat`, 'latin1').catch(() => null);
  if (stat === null) return null;
  // proc(5): "pid (comm) state ppid ..."; comm may hold spaces and parentheses; field 22 is the
  // start time in clock ticks since boot.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const state = fields[0] ?? 'X';
  return ['Z', 'X'].includes(state) ? null : (fields[19] ?? null);
}

async function birthFromPs(pid: number): Promise<string | null> {
  const ps = promisify(execFile);
  const result = await ps('ps', ['-o', 'stat=,lstart=', '-p', String(pid)]).catch(() => null);
  const fields = /^\s*(\S+)\s+(.+?)\s*$/.exec(result?.stdout ?? '');
  return fields === null || fields[1]?.startsWith('Z') === true ? null : (fields[2] ?? null);
}
