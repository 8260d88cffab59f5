/**
 * Monitors that go down and up again and again.
 *
 * Each beginning and each end of an incident adds 1 to the monitor's score, which halves every
 * 15 minutes and never passes a ceiling.
 *
 *     calm     -- the score reaches START -----> flapping
 *     flapping -- the score falls below STOP --> calm
 *
 * START is reached by the fifth change within some minutes, or by 14 an hour that go on. The ceiling
 * and STOP together say how long it must be calm: half an hour, however long it flapped.
 *
 * While it flaps its incidents are recorded and nobody is told of them. That it flaps is an alert of
 * its own, and its end says how the monitor is: no channel hears more than two of these within any
 * hour. What would be a third waits, and is not said at all if it has become untrue by then.
 */
import type { AlertFacts, Hold, MonitorMemory } from './types.ts';

const HALF_LIFE_MS = 900_000;
const HOUR_MS = 3_600_000;
const START = 4.5;
const STOP = 1.5;
const CEILING = 6;
const MAX_NOTICES_PER_HOUR = 2;
/** A score below that is forgotten. */
const NOTHING = 0.2;
/** Longer than anything waits for a recovery to be seen. */
const RECOVERED_FOR_MS = 24 * HOUR_MS;

export const CALM: MonitorMemory = {
  score: 0,
  scoredAtMs: 0,
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

/** An incident began or ended, by this news. */
export function noteChange(memory: MonitorMemory, news: number, atMs: number): MonitorMemory {
  const score = Math.min(CEILING, scoreAt(memory, atMs) + 1);
  const since = memory.flappingSinceMs ?? (score >= START ? atMs : null);
  return { ...memory, score, scoredAtMs: atMs, flappingSinceMs: since, lastTurn: news };
}

/** Time has passed. Null when nothing is left to be remembered. */
export function calmDown(memory: MonitorMemory, atMs: number): MonitorMemory | null {
  const score = scoreAt(memory, atMs);
  const isOver = memory.flappingSinceMs !== null && score < STOP;
  const isFlapping = memory.flappingSinceMs !== null && !isOver;
  const isForgotten =
    !isFlapping &&
    score < NOTHING &&
    recentNotices(memory, atMs).length === 0 &&
    (memory.recoveredAtMs === null || atMs - memory.recoveredAtMs >= RECOVERED_FOR_MS);
  if (isForgotten) return null;
  return isOver ? { ...memory, flappingSinceMs: null } : memory;
}

/** Something is said of its flapping. */
export function noteNotice(memory: MonitorMemory, channel: string, atMs: number): MonitorMemory {
  return { ...memory, notices: [...recentNotices(memory, atMs), { channel, atMs }] };
}

/** Why a channel is not told that a monitor flaps, or does not any more. */
export function tooManyNotices(memory: MonitorMemory, channel: string, atMs: number): Hold | null {
  const told = recentNotices(memory, atMs).filter((notice) => notice.channel === channel);
  const first = told.at(-MAX_NOTICES_PER_HOUR);
  if (first === undefined) return null;
  const why = 'twice within an hour it was said whether it flaps';
  return { kind: 'flapping', why, by: null, untilMs: first.atMs + HOUR_MS };
}

/** When it has been calm for long enough; null while it does not flap. */
export function calmAt(memory: MonitorMemory): number | null {
  if (memory.flappingSinceMs === null) return null;
  return memory.scoredAtMs + Math.ceil(HALF_LIFE_MS * Math.log2(memory.score / STOP)) + 1;
}

function scoreAt({ score, scoredAtMs }: MonitorMemory, atMs: number): number {
  return score * 2 ** (-Math.max(0, atMs - scoredAtMs) / HALF_LIFE_MS);
}

function recentNotices({ notices }: MonitorMemory, atMs: number): MonitorMemory['notices'] {
  return notices.filter((notice) => atMs - notice.atMs < HOUR_MS);
}
