/** A window as it is stored -> as the API shows it. */
import { nextOccurrence } from '@trustmonitor/alerting';
import { formatTimestamp, type MaintenanceResource } from '@trustmonitor/protocol';
import type { Queryable } from '../store/database.ts';
import type { StoredWindow } from '../store/maintenance.ts';
import {
  selectNewestOccurrences,
  selectStatements,
  type StoredOccurrence,
  type StoredStatement,
} from '../store/occurrences.ts';

const MAX_SHOWN = 50;

export async function showWindow(
  db: Queryable,
  { definition, owner, createdAtMs }: StoredWindow,
  nowMs: number,
): Promise<MaintenanceResource> {
  const occurrences = await selectNewestOccurrences(db, definition.id, MAX_SHOWN);
  const statements = await selectStatements(
    db,
    occurrences.map(({ id }) => id),
  );
  const nextMs = nextStart(definition, occurrences, nowMs);
  const isRunning = occurrences.some((one) => one.startsAtMs <= nowMs && one.endsAtMs > nowMs);
  return {
    ...definition,
    owner,
    state: isRunning ? 'running' : nextMs === null ? 'over' : 'planned',
    occurrences: occurrences.map((occurrence) => showOccurrence(occurrence, statements)),
    nextAt: nextMs === null ? null : formatTimestamp(nextMs),
    createdAt: formatTimestamp(createdAtMs),
  };
}

/** One that comes once may have been called off; a recurring one goes on. */
function nextStart(
  { schedule }: StoredWindow['definition'],
  occurrences: readonly StoredOccurrence[],
  nowMs: number,
): number | null {
  const announced = occurrences.find(
    ({ startsAtMs, endsAtMs }) => startsAtMs > nowMs && endsAtMs > startsAtMs,
  );
  if (announced !== undefined) return announced.startsAtMs;
  return schedule.type === 'cron' ? nextOccurrence(schedule, nowMs) : null;
}

function showOccurrence(
  { id, startsAtMs, endsAtMs, monitors }: StoredOccurrence,
  statements: readonly StoredStatement[],
): MaintenanceResource['occurrences'][number] {
  const own = statements.filter(({ occurrence }) => occurrence === id);
  return {
    id,
    startsAt: formatTimestamp(startsAtMs),
    endsAt: formatTimestamp(endsAtMs),
    announcedAt: formatTimestamp(own[0]?.recordedAtMs ?? startsAtMs),
    monitors: monitors.length,
    statements: own.map(({ digest }) => digest),
  };
}
