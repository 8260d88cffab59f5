/**
 * Monitors that go down and up again and again.
 *
 * Each beginning and each end of an incident is a turn; these and each change of an open incident's
 * verdict are changes.
 *
 *     calm     -- the third turn, or the fifth change, within an hour --> flapping
 *     flapping -- no change for CALM_AFTER --------------------------> calm, and counts anew
 *
 * A calm monitor is told of at once: an outage and its recovery always. The change by which it is
 * known to flap is told as that, at once, as an alert of its own. From then on incidents are recorded
 * as ever, and a channel is told of one only when it has stayed as it is for LASTS_AFTER: what goes
 * down for good is told as down.
 *
 * From the moment that a channel is told so, or would have been told of anything while the monitor
 * flaps, it is told at no more than two moments within any hour until an hour has passed without. The
 * second is kept for bad news: whatever is not (an end, that it flaps, that it does not any more)
 * waits until nothing was said for an hour. So whoever believes that it is up can always be told that
 * it is down. What waits is told as it is by then, or not at all if it has become untrue.
 */
import type { AlertFacts, Hold, MonitorMemory } from './types.ts';

const HOUR_MS = 3_600_000;
const TURNS = 3;
const CHANGES = 5;
/** No more than two turns an hour are not flapping: neither is what takes longer than that. */
const CALM_AFTER_MS = 1_800_000;
const LASTS_AFTER_MS = 600_000;
/** Longer than anything waits for a recovery to be seen. */
const RECOVERED_FOR_MS = 24 * HOUR_MS;

/** At so many moments within an hour a channel is told of a monitor that flaps. */
export const LIMIT = { badNews: 2, other: 1 } as const;

export const CALM: MonitorMemory = {
  changes: [],
  flappingSinceMs: null,
  lastTurn: null,
  notices: [],
  recoveredAtMs: null,
};

export const flappingKey = (monitor: string): string => `flapping/${monitor}`;

/** The alert that a monitor flaps, by the incident that shows it: told to the same people. */
export function flappingFacts(incident: AlertFacts, monitor: string): AlertFacts {
  return { ...incident, key: flappingKey(monitor), kind: 'flapping' };
}

/** An incident began or ended, or its verdict changed, by this news. */
export function noteChange(
  memory: MonitorMemory,
  { news, isTurn }: { readonly news: number; readonly isTurn: boolean },
  atMs: number,
): MonitorMemory {
  const recent = memory.changes.filter((change) => atMs - change.atMs < HOUR_MS);
  const changes = [...recent, { atMs, isTurn }].slice(-CHANGES);
  const turns = changes.filter((change) => change.isTurn).length;
  const isOften = turns >= TURNS || changes.length >= CHANGES;
  const flappingSinceMs = memory.flappingSinceMs ?? (isOften ? atMs : null);
  return { ...memory, changes, flappingSinceMs, lastTurn: news };
}

/** Time has passed. Null when nothing is left to be remembered. */
export function calmDown(memory: MonitorMemory, atMs: number): MonitorMemory | null {
  const { changes, flappingSinceMs, recoveredAtMs } = memory;
  if (flappingSinceMs !== null) {
    const isOver = atMs >= (calmAt(memory) ?? Infinity);
    return isOver ? { ...memory, flappingSinceMs: null, changes: [] } : memory;
  }
  const isForgotten =
    changes.every((change) => atMs - change.atMs >= HOUR_MS) &&
    recentNotices(memory, atMs).length === 0 &&
    (recoveredAtMs === null || atMs - recoveredAtMs >= RECOVERED_FOR_MS);
  return isForgotten ? null : memory;
}

/** When it has been calm for long enough; null while it does not flap. */
export function calmAt(memory: MonitorMemory): number | null {
  const changedAtMs = lastChangeAt(memory);
  return changedAtMs === null ? null : changedAtMs + CALM_AFTER_MS;
}

/** Until when nobody is told of an incident, as its monitor flaps; null where it does not. */
export function lastsAt(memory: MonitorMemory): number | null {
  const changedAtMs = lastChangeAt(memory);
  return changedAtMs === null ? null : changedAtMs + LASTS_AFTER_MS;
}

/** A channel is told of a monitor's incident, or that it flaps or does not any more. */
export function noteNotice(
  memory: MonitorMemory,
  channel: string,
  isOfFlapping: boolean,
  atMs: number,
): MonitorMemory {
  const notices = recentNotices(memory, atMs);
  const own = notices.filter((notice) => notice.channel === channel);
  const isCounted = isOfFlapping || memory.flappingSinceMs !== null || own.length > 0;
  if (!isCounted || own.at(-1)?.atMs === atMs) return memory;
  return { ...memory, notices: [...notices, { channel, atMs }] };
}

/** Why a channel is not told now. What is told at one moment is told together. */
export function tooManyNotices(
  memory: MonitorMemory,
  channel: string,
  limit: number,
  atMs: number,
): Hold | null {
  const told = recentNotices(memory, atMs).filter((notice) => notice.channel === channel);
  const first = told.at(-limit);
  if (first === undefined || told.at(-1)?.atMs === atMs) return null;
  const why = 'enough was said within an hour of a monitor that flaps';
  return { kind: 'flapping', why, by: null, untilMs: first.atMs + HOUR_MS };
}

/** Of one that flaps. */
function lastChangeAt({ changes, flappingSinceMs }: MonitorMemory): number | null {
  return flappingSinceMs === null ? null : (changes.at(-1)?.atMs ?? flappingSinceMs);
}

function recentNotices({ notices }: MonitorMemory, atMs: number): MonitorMemory['notices'] {
  return notices.filter((notice) => atMs - notice.atMs < HOUR_MS);
}
