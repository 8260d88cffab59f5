/**
 * When people are told that the monitoring itself fails.
 *
 *     all known     -- a monitor turns unknown ------------> some unknown   `unknown`
 *     some unknown  -- the last of them is known again ----> all known      `restored`
 *     some unknown  -- twice as many as were announced,
 *                      and a while after that -------------> some unknown   `unknown`
 *
 * So an outage of the network is one message, however many monitors it blinds and whenever
 * each of them notices; and one monitor that stays unknown does not hide a later outage.
 */
import type { About, Decisions, MonitoringEffect } from './decide.ts';

const QUIET_MS = 300_000;

/** What was said last. Lost by a restart, after which what is unknown counts as announced. */
export interface LastAlert {
  readonly unknown: number;
  readonly atMs: number;
}

export interface SelfAlert {
  readonly news: 'unknown' | 'restored';
  readonly at: number;
  /** Since when the first of the monitors is unknown; for `restored`, when that was over. */
  readonly since: number;
  /** How many monitors are unknown now. */
  readonly unknown: number;
  /** Those that turned unknown, or known, in this turn. */
  readonly monitors: readonly string[];
  readonly silentRegions: readonly string[];
}

/** What one turn means for people; null when they need not hear of it. */
export function selfAlertOf(
  decisions: Decisions,
  before: ReadonlySet<string>,
  last: LastAlert,
): SelfAlert | null {
  const turned = decisions.monitoring.filter(({ effect }) => effect.type === 'monitoring.unknown');
  const restored = decisions.monitoring.filter((about) => !turned.includes(about));
  const now = new Set(before);
  for (const id of idsOf(restored)) now.delete(id);
  for (const id of idsOf(turned)) now.add(id);
  if (turned.length > 0 && isNews(before.size, now.size, last, latest(turned))) {
    return {
      news: 'unknown',
      at: latest(turned),
      since: Math.min(...turned.map(({ effect }) => sinceOf(effect))),
      unknown: now.size,
      monitors: idsOf(turned),
      silentRegions: silentIn(decisions, new Set(idsOf(turned))),
    };
  }
  if (restored.length === 0 || now.size > 0) return null;
  const at = latest(restored);
  const monitors = idsOf(restored);
  return { news: 'restored', at, since: at, unknown: 0, monitors, silentRegions: [] };
}

function isNews(before: number, now: number, last: LastAlert, atMs: number): boolean {
  if (before === 0) return true;
  return now >= 2 * last.unknown && atMs - last.atMs >= QUIET_MS;
}

/** Members of the turn's rounds of these monitors whose vote is missing, each once. */
function silentIn({ rounds }: Decisions, monitors: ReadonlySet<string>): string[] {
  const silent = new Set<string>();
  for (const { watched, effect } of rounds) {
    if (!monitors.has(watched.definition.id)) continue;
    const { members, votes } = effect.round;
    const voted = new Set(votes.map(({ region }) => region));
    for (const { region } of members) if (!voted.has(region)) silent.add(region);
  }
  return [...silent].toSorted();
}

const idsOf = (abouts: readonly About<MonitoringEffect>[]): string[] =>
  abouts.map(({ watched }) => watched.definition.id);

const latest = (abouts: readonly About<MonitoringEffect>[]): number =>
  Math.max(...abouts.map(({ effect }) => effect.at));

const sinceOf = (effect: MonitoringEffect): number =>
  effect.type === 'monitoring.unknown' ? effect.since : effect.at;
