/**
 * When a window is: the occurrences of its schedule.
 *
 * A cron expression is read by the clock on the wall of its time zone. Where that clock is put
 * forward, an occurrence in the hour that is not there begins when the hour is over; where it is
 * put back, a fixed time that comes twice begins one occurrence, at its first. Each lasts as long
 * as the window says, by no wall's clock.
 */
import {
  TrustMonitorError,
  parseTimestamp,
  type MaintenanceSchedule,
} from '@trustmonitor/protocol';
import { Cron } from 'croner';

export interface Occurrence {
  /** Milliseconds since the epoch. */
  readonly fromMs: number;
  readonly untilMs: number;
}

/** Each occurrence is a leaf of the log; a month of the most frequent fits into one report. */
const LEAST_GAP_MS = 3_600_000;
/** As many of the next gaps are looked at: more than a day of a window by the hour. */
const GAPS_LOOKED_AT = 48;

/** Occurrences that begin at `fromMs` or later and before `toMs`, in order. */
export function occurrencesFrom(
  schedule: MaintenanceSchedule,
  fromMs: number,
  toMs: number,
): Occurrence[] {
  if (schedule.type === 'once') {
    const only = { fromMs: parseTimestamp(schedule.from), untilMs: parseTimestamp(schedule.until) };
    return only.fromMs >= fromMs && only.fromMs < toMs ? [only] : [];
  }
  const cron = cronOf(schedule);
  const found: Occurrence[] = [];
  // The next run is later than what it is asked for, by a second at least.
  let next = cron.nextRun(new Date(fromMs - 1_000));
  while (next !== null && next.getTime() < toMs) {
    const startMs = next.getTime();
    if (startMs >= fromMs) found.push({ fromMs: startMs, untilMs: startMs + schedule.durationMs });
    next = cron.nextRun(next);
  }
  return found;
}

/** When a recurring window begins next, later than `nowMs`; null for never. */
export function nextOccurrence(
  schedule: Extract<MaintenanceSchedule, { type: 'cron' }>,
  nowMs: number,
): number | null {
  return cronOf(schedule).nextRun(new Date(nowMs))?.getTime() ?? null;
}

/** Throws `input.invalid` for a schedule that cannot be read, never comes, or comes too often. */
export function requireSchedule(schedule: MaintenanceSchedule, nowMs: number): void {
  if (schedule.type === 'once') return;
  requireTimezone(schedule.timezone);
  let cron: Cron;
  try {
    cron = cronOf(schedule);
  } catch (cause) {
    throw refused('/cron', `"${schedule.cron}" is no cron expression`, cause);
  }
  const runs = cron.nextRuns(GAPS_LOOKED_AT, new Date(nowMs));
  if (runs.length === 0) throw refused('/cron', `"${schedule.cron}" never comes`);
  for (const [i, run] of runs.slice(1).entries()) {
    const before = runs[i];
    if (before === undefined || run.getTime() - before.getTime() >= LEAST_GAP_MS) continue;
    throw refused('/cron', `"${schedule.cron}" comes more often than every hour`);
  }
}

function requireTimezone(timezone: string): void {
  try {
    new Intl.DateTimeFormat('en', { timeZone: timezone });
  } catch (cause) {
    throw refused('/timezone', `"${timezone}" is no time zone`, cause);
  }
}

function cronOf({ cron, timezone }: Extract<MaintenanceSchedule, { type: 'cron' }>): Cron {
  return new Cron(cron, { timezone, mode: '5-part', paused: true });
}

function refused(where: string, message: string, cause?: unknown): TrustMonitorError {
  const hint =
    where === '/cron'
      ? 'Five fields, as in "0 3 * * 0": Sundays at three.'
      : 'Write a name of the IANA data base, as in Europe/Berlin, or UTC.';
  const fields = [{ pointer: where, detail: message }];
  return new TrustMonitorError('input.invalid', message, { where, hint, fields, cause });
}
