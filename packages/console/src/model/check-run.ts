/** The steps of a one-off check -> what is known of each region so far. */
import type { CheckEvent, Verdict, Vote } from '@trustmonitor/protocol';

type Started = Extract<CheckEvent, { type: 'check.started' }>;
type ResultStep = Extract<CheckEvent, { type: 'check.result' }>;
type VerdictStep = Extract<CheckEvent, { type: 'check.verdict' }>;

export interface RegionRun {
  readonly region: string;
  readonly group: string;
  /** `waiting`: nothing has come yet. `silent`: nothing came in time. */
  readonly state: Vote | 'waiting' | 'silent';
  readonly attempts: readonly ResultStep[];
}

export interface CheckRun {
  readonly started: Started | null;
  readonly regions: readonly RegionRun[];
  readonly verdict: VerdictStep | null;
}

export const NOT_STARTED: CheckRun = { started: null, regions: [], verdict: null };

export function advance(run: CheckRun, event: CheckEvent): CheckRun {
  switch (event.type) {
    case 'check.started':
      return {
        started: event,
        regions: event.members
          .map(({ region, group }) => ({ region, group, state: 'waiting' as const, attempts: [] }))
          .toSorted((a, b) => a.region.localeCompare(b.region)),
        verdict: null,
      };
    case 'check.result':
      return inRegion(run, event.region, (before) => ({
        ...before,
        state: event.vote ?? before.state,
        attempts: [...before.attempts, event],
      }));
    case 'check.silent':
      return inRegion(run, event.region, (before) => ({ ...before, state: 'silent' }));
    case 'check.verdict':
      return { ...run, verdict: event };
  }
}

function inRegion(run: CheckRun, region: string, change: (r: RegionRun) => RegionRun): CheckRun {
  const regions = run.regions.map((one) => (one.region === region ? change(one) : one));
  return { ...run, regions };
}

/** In a sentence: what was decided, and by how many. */
export function outcomeOf({ verdict, up, down, required }: VerdictStep): string {
  const by: Partial<Record<Verdict, string>> = {
    up: `${up.length} say up`,
    down: `${down.length} say down`,
  };
  const counted = by[verdict] ?? `${up.length} say up, ${down.length} say down`;
  return `${counted}; ${required} had to agree`;
}
