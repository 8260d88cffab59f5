/**
 * What a job's reports say now: pure, and in words that go into the signed result.
 *
 *     up       nothing is late yet; a monitor that was just written waits for its first report
 *     failed   the latest report is a failure; only an ok ends it
 *     missed   silent beyond period and grace; only an ok ends it
 */
import { formatDuration, formatTimestamp, type Failure, type Vote } from '@trustmonitor/protocol';
import type { HeartbeatCheck } from '@trustmonitor/protocol';
import type { StoredHeartbeat } from '../store/heartbeats.ts';

export interface Judgement {
  readonly outcome: Vote;
  readonly failure: Failure | null;
}

export function judge(
  { periodMs, graceMs }: HeartbeatCheck['heartbeat'],
  heartbeat: StoredHeartbeat,
  nowMs: number,
): Judgement {
  if (heartbeat.failing) return down('heartbeat_failed', failedDetail(heartbeat));
  if (nowMs <= heartbeat.dueAtMs) return { outcome: 'up', failure: null };
  const expected = `expected every ${formatDuration(periodMs)}, with ${formatDuration(graceMs)} of grace`;
  const due = `it was due by ${formatTimestamp(heartbeat.dueAtMs)}`;
  return down('heartbeat_missed', `${lastOk(heartbeat)}; ${expected}: ${due}${started(heartbeat)}`);
}

function down(failureClass: Failure['class'], detail: string): Judgement {
  return { outcome: 'down', failure: { class: failureClass, attribution: 'target', detail } };
}

function failedDetail(heartbeat: StoredHeartbeat): string {
  const at =
    heartbeat.lastFailAtMs === null ? '' : ` at ${formatTimestamp(heartbeat.lastFailAtMs)}`;
  const message = heartbeat.message === null ? 'without a message' : `"${heartbeat.message}"`;
  return `failed${at}: ${message}; ${lastOk(heartbeat)}`;
}

function lastOk({ lastOkAtMs }: StoredHeartbeat): string {
  return lastOkAtMs === null ? 'no ok ping ever' : `last ok ping at ${formatTimestamp(lastOkAtMs)}`;
}

/** A start without an end tells a job that hangs from one that never ran. */
function started({ lastStartAtMs, lastOkAtMs }: StoredHeartbeat): string {
  if (lastStartAtMs === null || lastStartAtMs < (lastOkAtMs ?? 0)) return '';
  return `; it started at ${formatTimestamp(lastStartAtMs)} and has not ended`;
}
