/** What a round showed beyond its verdict: who dissents, how it fails, and what changed. */
import { changesSince, type Seen } from '@trustmonitor/alerting';
import {
  FAILURE_CLASSES,
  type FailureClass,
  type Result,
  type Uuid7,
} from '@trustmonitor/protocol';
import type { StoredResult } from './store/results.ts';

export interface Dissent {
  readonly region: string;
  /** In words; `no vote` where nothing came that counts. */
  readonly saw: string;
}

export interface Insight {
  /** The class that most regions report; null where none says why. */
  readonly failureClass: FailureClass | null;
  /** Regions that do not say down, and what they saw. */
  readonly dissent: readonly Dissent[];
  /** Since these regions last saw it up, in words. */
  readonly changes: readonly string[];
}

export const NO_INSIGHT: Insight = { failureClass: null, dissent: [], changes: [] };

interface Deciding {
  readonly id: Uuid7;
  readonly votes: readonly { readonly region: string; readonly vote: string }[];
  readonly members: readonly { readonly region: string }[];
}

/** `good`: the newest results that said up, from before the incident. */
export function insightOf(
  round: Deciding,
  results: readonly StoredResult[],
  good: readonly Result[],
): Insight {
  const own = results
    .filter(({ result, counted }) => counted && result.round === round.id)
    .map(({ result }) => result);
  const down = new Set(
    round.votes.filter(({ vote }) => vote === 'down').map(({ region }) => region),
  );
  const sawOf = (region: string): string => {
    const result = own.find((one) => one.region === region);
    if (result === undefined) return 'no vote';
    if (result.failure === null) return `it is up (${result.durationMs} ms)`;
    return `${FAILURE_CLASSES[result.failure.class].words} (${result.failure.detail})`;
  };
  const failing: Seen[] = own.filter(({ region }) => down.has(region));
  const classes = own.flatMap(({ failure }) => failure?.class ?? []);
  return {
    failureClass: mostFrequent(classes),
    dissent: round.members
      .filter(({ region }) => !down.has(region))
      .map(({ region }) => ({ region, saw: sawOf(region) })),
    changes: changesSince(good, failing),
  };
}

function mostFrequent(classes: readonly FailureClass[]): FailureClass | null {
  const count = (one: FailureClass): number => classes.filter((other) => other === one).length;
  return [...new Set(classes)].toSorted((a, b) => count(b) - count(a))[0] ?? null;
}
