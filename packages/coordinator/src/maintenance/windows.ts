/** What somebody wrote -> a window that is stored and announced; and how windows end. */
import { requireSchedule } from '@trustmonitor/alerting';
import {
  TrustMonitorError,
  completeMaintenance,
  parseTimestamp,
  type MaintenanceInput,
  type MaintenanceWindow,
  type OwnerName,
} from '@trustmonitor/protocol';
import { isDeepStrictEqual } from 'node:util';
import { digestOfState } from '../state-digest.ts';
import { lockById } from '../store/advisory-locks.ts';
import { insertAudit, type Actor } from '../store/audit.ts';
import type { Queryable } from '../store/database.ts';
import {
  markWindowRemoved,
  selectWindow,
  selectWindowsBeside,
  updateWindowOwner,
  upsertWindow,
  type StoredWindow,
} from '../store/maintenance.ts';
import { selectBegunUntil } from '../store/occurrences.ts';
import { announceDue, endComing, type Announcer } from './announce.ts';

/** Who changes windows, and when. */
export interface Change {
  readonly actor: Actor;
  readonly nowMs: number;
  readonly announcer: Announcer;
}

/** Throws `input.invalid` with the field. */
export function prepareWindow(input: MaintenanceInput, nowMs: number): MaintenanceWindow {
  const window = completeMaintenance(input);
  requireSchedule(window.schedule, nowMs);
  return window;
}

/**
 * Writes a locked window, unless nothing changes: what was announced of it and has not begun is
 * called off, and announced anew. What was ended stays ended. Throws `maintenance.begun` for one
 * that runs once and has begun. Who it belongs to may change at any time.
 */
export async function writeWindow(
  tx: Queryable,
  window: MaintenanceWindow,
  stored: StoredWindow | null,
  owner: OwnerName | null,
  { actor, nowMs, announcer }: Change,
): Promise<void> {
  if (stored !== null && isDeepStrictEqual(stored.definition, window)) {
    await changeOwner(tx, stored, owner, actor);
    return;
  }
  const { id } = window;
  const begunUntilMs = stored === null ? null : await selectBegunUntil(tx, id, nowMs);
  if (stored?.definition.schedule.type === 'once') requireAfter(window, begunUntilMs, nowMs);
  await endComing(tx, id, { running: false, announced: true }, nowMs, announcer);
  const plannedUntilMs = plannedFrom(window, begunUntilMs, nowMs);
  await upsertWindow(tx, window, owner, plannedUntilMs);
  await announceDue(tx, window, plannedUntilMs, nowMs, announcer);
  await insertAudit(tx, {
    actor,
    action: stored === null ? 'maintenance.created' : 'maintenance.changed',
    subject: id,
    before: stored === null ? null : digestOfState(stored.definition),
    after: digestOfState(window),
  });
}

async function changeOwner(
  tx: Queryable,
  { definition: { id }, owner: previousOwner }: StoredWindow,
  owner: OwnerName | null,
  actor: Actor,
): Promise<void> {
  if (previousOwner === owner) return;
  await updateWindowOwner(tx, id, owner);
  const detail = { owner, previousOwner };
  await insertAudit(tx, { actor, action: 'maintenance.owner_changed', subject: id, detail });
}

/** What runs, or was ended before its time, is not announced a second time. */
function requireAfter(window: MaintenanceWindow, begunUntilMs: number | null, nowMs: number): void {
  const { id, schedule } = window;
  if (begunUntilMs === null) return;
  const isRunning = begunUntilMs > nowMs;
  const isEarlier = schedule.type === 'once' && parseTimestamp(schedule.from) < begunUntilMs;
  if (isRunning || (isEarlier && !isPast(window, nowMs))) throw begun(id);
}

/**
 * From when on occurrences are looked for: one that should be running is, unless the last that began
 * is still running, which goes on as it was announced, or was ended since then. `begunUntilMs`: the
 * end of that one; null where none has begun.
 */
function plannedFrom(
  { schedule }: MaintenanceWindow,
  begunUntilMs: number | null,
  nowMs: number,
): number {
  if (schedule.type === 'once') return parseTimestamp(schedule.from);
  return Math.min(nowMs, Math.max(nowMs - schedule.durationMs, begunUntilMs ?? -Infinity));
}

export function isPast({ schedule }: MaintenanceWindow, nowMs: number): boolean {
  return schedule.type === 'once' && parseTimestamp(schedule.until) <= nowMs;
}

/** Ends what runs. What is still to come is called off only where it comes once. */
export async function endWindow(
  tx: Queryable,
  { definition: { id, schedule } }: StoredWindow,
  { actor, nowMs, announcer }: Change,
): Promise<void> {
  const which = { running: true, announced: schedule.type === 'once' };
  const ended = await endComing(tx, id, which, nowMs, announcer);
  if (ended === 0) {
    throw new TrustMonitorError('maintenance.idle', `no occurrence of ${id} runs now`, {
      hint: `Remove the window to have no more of it: DELETE /v1/maintenance/${id}.`,
    });
  }
  await insertAudit(tx, { actor, action: 'maintenance.ended', subject: id, detail: { ended } });
}

/** Ends what runs, calls off what is to come, and forgets the window. What was announced stays. */
export async function removeWindow(
  tx: Queryable,
  { definition }: StoredWindow,
  { actor, nowMs, announcer }: Change,
): Promise<void> {
  const { id } = definition;
  const ended = await endComing(tx, id, { running: true, announced: true }, nowMs, announcer);
  await markWindowRemoved(tx, id);
  const before = digestOfState(definition);
  const detail = { ended };
  await insertAudit(tx, { actor, action: 'maintenance.removed', subject: id, detail, before });
}

/** The windows of a file, under its owner's name. */
export interface AppliedWindows {
  readonly owner: OwnerName;
  readonly prune: boolean;
  readonly takeOver: boolean;
  /** In the order of the file. */
  readonly windows: readonly MaintenanceWindow[];
}

/** Whether applying these would write or remove any. */
export async function touchesWindows(
  db: Queryable,
  { owner, prune, windows }: AppliedWindows,
): Promise<boolean> {
  if (windows.length > 0) return true;
  return prune && (await selectWindowsBeside(db, owner, [])).length > 0;
}

/**
 * Pruning removes what the owner has applied and the file leaves out. What is over for good is not
 * written where it never was: files keep old windows.
 */
export async function applyWindows(
  tx: Queryable,
  { owner, prune, takeOver, windows }: AppliedWindows,
  change: Change,
): Promise<void> {
  const ids = windows.map(({ id }) => id);
  const beside = prune ? await selectWindowsBeside(tx, owner, ids) : [];
  const pruned = beside.map(({ definition }) => definition.id);
  await lockWindows(tx, [...ids, ...pruned]);
  for (const [i, window] of windows.entries()) {
    const stored = await selectWindow(tx, window.id);
    if (stored === null && isPast(window, change.nowMs)) continue;
    if (stored !== null && stored.owner !== null && stored.owner !== owner && !takeOver) {
      throw exists(window.id, `/maintenance/${i}/id`, stored.owner);
    }
    await writeWindow(tx, window, stored, owner, change);
  }
  for (const id of pruned) {
    const stored = await selectWindow(tx, id);
    // Somebody may have taken it over or removed it before it was locked.
    if (stored?.owner === owner) await removeWindow(tx, stored, change);
  }
}

/**
 * All at once and in one order for everybody, before anything is announced: whoever has the lock of
 * the log never waits for a window.
 */
async function lockWindows(tx: Queryable, ids: readonly string[]): Promise<void> {
  for (const id of ids.toSorted()) await lockById(tx, 'window', id);
}

export function exists(id: string, where: string, owner: OwnerName | null): TrustMonitorError {
  const whose = owner === null ? '' : `, applied by "${owner}"`;
  const detail = `there is a window ${id} already${whose}`;
  return new TrustMonitorError('maintenance.exists', detail, {
    where,
    fields: [{ pointer: where, detail }],
    hint: 'Choose another id, or change the window that is there.',
  });
}

function begun(id: string): TrustMonitorError {
  return new TrustMonitorError('maintenance.begun', `${id} has begun, and stays as announced`, {
    hint: `End it early with POST /v1/maintenance/${id}/end, or write a window of another id.`,
  });
}
