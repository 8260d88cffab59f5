import { rmSync } from 'node:fs';
import { readFile, rm } from 'node:fs/promises';
import { TrustMonitorError } from '@trustmonitor/protocol';
import { writePrivateFile } from './folders.ts';
import { processEntry } from './process-table.ts';
import type { Log } from './running-server.ts';
import { until } from './until.ts';

/*
 * Our servers run in sessions of their own, so that Ctrl-C reaches us alone and we stop them
 * in order. The price: when we are killed outright they live on. Each server therefore has a
 * record beside its data, removed when it exits, and every start settles an old one first:
 *
 *   no record, or no such process  -> nothing to do
 *   another command line           -> the pid was given to somebody else: left alone
 *   its parent is the recorded one -> a live stack owns it: `stack.running`
 *   otherwise                      -> an orphan of a crash: stopped
 *
 * The system gives an orphan a new parent the moment the old one dies, so the parent's pid
 * decides, with no doubt about reused pids. Nothing is ever ended by name.
 */
interface PidRecord {
  readonly pid: number;
  readonly ownerPid: number;
}

export interface RecordedServer {
  /** The record's path. */
  readonly recordFile: string;
  /** A path that only this server has on its command line: its configuration or data. */
  readonly marker: string;
  /** What to send, in order, and how long to wait after each. */
  readonly stopSignals: readonly StopSignal[];
}

export interface StopSignal {
  readonly signal: NodeJS.Signals;
  readonly graceMs: number;
}

/** Notes which process serves this folder, for a later start to find. */
export async function recordPid(recordFile: string, pid: number): Promise<void> {
  const record: PidRecord = { pid, ownerPid: process.pid };
  await writePrivateFile(recordFile, `${JSON.stringify(record)}\n`);
}

/** Synchronous, because it also runs while the process exits. */
export function forgetPid(recordFile: string): void {
  rmSync(recordFile, { force: true });
}

/**
 * Stops the server that a crashed run has left behind, if there is one.
 *
 * @throws TrustMonitorError `stack.running` when a live process owns the server.
 */
export async function settleOrphan(server: RecordedServer, log: Log): Promise<void> {
  const record = await readRecord(server.recordFile);
  if (record === undefined) return;
  const entry = await processEntry(record.pid);
  if (entry?.commandLine.includes(server.marker) === true) {
    if (entry.parentPid === record.ownerPid) {
      throw new TrustMonitorError(
        'stack.running',
        `process ${record.ownerPid} already runs a server here (process ${record.pid})`,
        { where: server.recordFile, hint: `stop process ${record.ownerPid} first` },
      );
    }
    log(`stopping process ${record.pid}, left behind by a run that was killed`);
    await endProcess(record.pid, server.stopSignals);
  }
  await rm(server.recordFile, { force: true });
}

async function readRecord(recordFile: string): Promise<PidRecord | undefined> {
  try {
    const { pid, ownerPid } = JSON.parse(await readFile(recordFile, 'utf8')) as PidRecord;
    return Number.isSafeInteger(pid) && pid > 1 ? { pid, ownerPid } : undefined;
  } catch {
    return undefined; // No record, or one cut short: then nothing is known and nothing is killed.
  }
}

async function endProcess(pid: number, signals: readonly StopSignal[]): Promise<void> {
  const gone = async () => ((await processEntry(pid)) === undefined ? true : undefined);
  for (const { signal, graceMs } of signals) {
    try {
      process.kill(pid, signal);
    } catch {
      return; // It went by itself.
    }
    if ((await until(gone, { withinMs: graceMs })) === true) return;
  }
}
