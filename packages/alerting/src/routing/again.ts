/** An alert of which there is news: who is told from now on, and whether it is still in hand. */
import { isWorse } from '../severity.ts';
import { UNTOLD, tracksOf } from './tracks.ts';
import type { Acknowledged, AlertFacts, AlertState, RoutingConfig, Track } from './types.ts';

/** Somebody has it in hand, as bad as it is now. */
export function ackOf({ facts }: AlertState, id: number, atMs: number): Acknowledged {
  return { id, atMs, severity: facts.severity };
}

/**
 * Told to those whom `facts` name. Whoever took a lesser alert in hand has not taken this one: once it
 * is worse than what was acknowledged, it goes on as if nobody had.
 */
export function namedAnew(
  alert: AlertState,
  facts: AlertFacts,
  config: RoutingConfig,
  atMs: number,
): AlertState {
  const tracks = mergedTracks(alert.tracks.map(anew), tracksOf(facts, config), atMs);
  const { acknowledged } = alert;
  const known = acknowledged?.severity ?? alert.facts.severity;
  if (acknowledged === null || !isWorse(facts.severity, known)) return { ...alert, tracks };
  return {
    ...alert,
    acknowledged: null,
    tracks: tracks.map((track) => ({
      ...{ ...track, knowsAck: false },
      // Those who are told at once have their time to see it before it escalates.
      ...(track.knows === 'nothing' ? { namedAtMs: atMs } : {}),
    })),
  };
}

/** Of an alert that begins again before everybody knows that it was over. */
export function anew(track: Track): Track {
  return track.knows === 'over' ? { ...track, ...UNTOLD } : track;
}

/** The rules as they are now; whoever was told something is told the rest. */
function mergedTracks(before: readonly Track[], now: readonly Track[], atMs: number): Track[] {
  const newSinceMs = Math.min(atMs, ...toldAtOnce(before, now));
  const merged = now.map((track): Track => {
    const known = before.find(({ channel }) => channel === track.channel);
    if (known === undefined) return { ...track, namedAtMs: newSinceMs };
    const { knows, told, firstToldAtMs, toldAtMs, knowsAck, namedAtMs } = known;
    const named = namedAtMs === undefined ? {} : { namedAtMs };
    return { ...track, knows, told, firstToldAtMs, toldAtMs, knowsAck, ...named };
  });
  const left = before.filter(
    ({ channel, knows }) => knows === 'open' && now.every((track) => track.channel !== channel),
  );
  return [...merged, ...left];
}

/**
 * When those were told who are told at once, by the same rule as now: their time to see it has run since
 * then, though it may have been less bad in between, and nobody was to hear of it later.
 */
function toldAtOnce(before: readonly Track[], now: readonly Track[]): number[] {
  return before.flatMap(({ channel, group, firstToldAtMs }) => {
    const isNamed = now.some(
      (one) => one.afterMs === 0 && one.channel === channel && one.group === group,
    );
    return isNamed && firstToldAtMs !== null ? [firstToldAtMs] : [];
  });
}
