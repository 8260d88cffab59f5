import { readFile } from 'node:fs/promises';
import { runCommand } from './run-command.ts';

export interface ProcessEntry {
  readonly parentPid: number;
  /** Arguments joined by spaces, to look for a path in. */
  readonly commandLine: string;
}

/**
 * What the system knows of a process, or `undefined` when there is none. A zombie counts as
 * gone: it holds no port and no file, and a container's init may never collect it.
 */
export async function processEntry(pid: number): Promise<ProcessEntry | undefined> {
  return process.platform === 'linux' ? fromProc(pid) : fromPs(pid);
}

// Read from /proc because slim container images have no `ps`.
async function fromProc(pid: number): Promise<ProcessEntry | undefined> {
  try {
    const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
    // proc(5): "pid (comm) state ppid ...", where comm may hold spaces and parentheses.
    const [state, parentPid] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    if (state === 'Z' || state === 'X') return undefined;
    const commandLine = (await readFile(`/proc/${pid}/cmdline`, 'utf8')).replaceAll('\0', ' ');
    return { parentPid: Number(parentPid), commandLine };
  } catch {
    return undefined;
  }
}

async function fromPs(pid: number): Promise<ProcessEntry | undefined> {
  const listing = await runCommand('ps', ['-ww', '-o', 'stat=,ppid=,command=', '-p', String(pid)]);
  const fields = /^\s*(\S+)\s+(\d+)\s+(.*)$/m.exec(listing.stdout);
  if (!listing.ok || fields === null || fields[1]?.startsWith('Z') === true) return undefined;
  return { parentPid: Number(fields[2]), commandLine: fields[3] ?? '' };
}
