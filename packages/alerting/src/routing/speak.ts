/** One channel and one alert at one moment -> what it is told now, or what keeps it from that. */
import { LIMIT } from './flapping.ts';
import { flappingHold, quietHold, type Surroundings } from './holds.ts';
import type { AlertFacts, AlertState, Hold, ItemStep, Track } from './types.ts';

export interface Spoken {
  readonly track: Track;
  /** In this order. */
  readonly steps: readonly ItemStep[];
}

/** `hold`: what holds the alert back from everybody. */
export function speak(
  alert: AlertState,
  track: Track,
  hold: Hold | null,
  around: Surroundings,
): Spoken {
  if (alert.over !== null) return speakOfEnd(alert, track, around);
  return track.knows === 'nothing'
    ? speakFirst(alert, track, hold, around)
    : speakAgain(alert, track, hold, around);
}

function speakFirst(
  alert: AlertState,
  track: Track,
  hold: Hold | null,
  around: Surroundings,
): Spoken {
  const { kind } = alert.facts;
  const limit = kind === 'flapping' ? LIMIT.other : LIMIT.badNews;
  const held =
    inHand(alert) ??
    tooEarly(alert, track, around.atMs) ??
    holdOf(alert, track, hold, limit, around);
  if (held !== null) return silent(track, held);
  const { atMs } = around;
  const told = { knows: 'open' as const, told: alert.newest, firstToldAtMs: atMs, toldAtMs: atMs };
  return {
    track: { ...track, ...told, held: null },
    steps: [track.afterMs > 0 ? 'escalated' : 'opened'],
  };
}

function speakAgain(
  alert: AlertState,
  track: Track,
  hold: Hold | null,
  around: Surroundings,
): Spoken {
  const steps: ItemStep[] = [];
  const isNews = track.told === null || track.told < alert.newest;
  const isDue = alert.acknowledged === null && around.atMs >= (reminderAt(track) ?? Infinity);
  // Reminders come as often as was asked for.
  const limit = isNews ? limitOfNews(alert.facts) : null;
  const held = isNews || isDue ? holdOf(alert, track, hold, limit, around) : null;
  if (held === null && isNews) steps.push('updated');
  else if (held === null && isDue) steps.push('reminder');
  // That somebody has it in hand is said in any case, to those who may be getting up.
  const isAckNews = alert.acknowledged !== null && !track.knowsAck;
  if (isAckNews) steps.push('acknowledged');
  if (steps.length === 0) return silent(track, held);
  const told = held === null && isNews ? alert.newest : track.told;
  const knowsAck = track.knowsAck || isAckNews;
  return { track: { ...track, told, knowsAck, toldAtMs: around.atMs, held }, steps };
}

/** Whoever heard the beginning hears the end, whatever is silenced. */
function speakOfEnd(alert: AlertState, track: Track, around: Surroundings): Spoken {
  if (track.knows !== 'open') return { track, steps: [] };
  if (!track.onResolve) return { track: { ...track, knows: 'over', held: null }, steps: [] };
  const held = holdOf(alert, track, null, LIMIT.other, around);
  if (held !== null) return silent(track, held);
  return {
    track: { ...track, knows: 'over', toldAtMs: around.atMs, held: null },
    steps: ['resolved'],
  };
}

function holdOf(
  { facts }: AlertState,
  track: Track,
  hold: Hold | null,
  limit: number | null,
  around: Surroundings,
): Hold | null {
  const { held } = track;
  const { atMs } = around;
  const other = hold ?? flappingHold(facts, track.channel, limit, around);
  if (other !== null) return other;
  // Found out anew only when it is over: time zones take their time.
  if (held?.kind === 'quiet_hours' && (held.untilMs ?? 0) > atMs) return held;
  return quietHold(track, facts, atMs);
}

function limitOfNews({ verdict }: AlertFacts): number {
  return verdict === 'down' ? LIMIT.badNews : LIMIT.other;
}

function inHand({ acknowledged }: AlertState): Hold | null {
  if (acknowledged === null) return null;
  return { kind: 'acknowledged', why: 'somebody has it in hand', by: null, untilMs: null };
}

/**
 * Counted from when the first of those was told who are told at once, where there are any; and not
 * from before this one was named.
 */
function tooEarly({ tracks, openedAtMs }: AlertState, track: Track, atMs: number): Hold | null {
  if (track.afterMs === 0) return null;
  const first = tracks.filter(({ afterMs }) => afterMs === 0);
  const told = first.flatMap(({ firstToldAtMs }) => firstToldAtMs ?? []);
  const sinceMs = first.length === 0 ? openedAtMs : told.length === 0 ? null : Math.min(...told);
  const untilMs =
    sinceMs === null ? null : Math.max(sinceMs, track.namedAtMs ?? sinceMs) + track.afterMs;
  if (untilMs !== null && atMs >= untilMs) return null;
  const why = 'told if nobody acknowledges it until then';
  return { kind: 'escalation', why, by: null, untilMs };
}

export function reminderAt({ toldAtMs, remindEveryMs }: Track): number | null {
  return toldAtMs === null || remindEveryMs === null ? null : toldAtMs + remindEveryMs;
}

function silent(track: Track, held: Hold | null): Spoken {
  return { track: isSame(track.held, held) ? track : { ...track, held }, steps: [] };
}

function isSame(a: Hold | null, b: Hold | null): boolean {
  if (a === null || b === null) return a === b;
  return a.kind === b.kind && a.by === b.by && a.untilMs === b.untilMs && a.why === b.why;
}
