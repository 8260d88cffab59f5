/** Monitors as the cycle holds them, and effects of the engine, for tests of pure parts. */
import { checkDigest } from '@trustmonitor/evidence';
import {
  completeMonitor,
  makeUuid7,
  type Member,
  type Monitor,
  type Vote,
} from '@trustmonitor/protocol';
import { initialState, type ClosedRound } from '@trustmonitor/quorum';
import type { About, IncidentEffect } from '../../src/decide.ts';
import { engineConfigOf, type Watched } from '../../src/watch-list.ts';

export const T0 = Date.UTC(2026, 0, 31, 12);

export const MEMBERS: readonly Member[] = ['ap', 'eu', 'us'].map((region) => ({
  region,
  group: `group-${region}`,
}));

export const monitorOf = (id: string, settings: Record<string, unknown> = {}): Monitor =>
  completeMonitor({ id, name: `The ${id}`, url: `https://${id}.example/`, ...settings });

export function watchedOf(id: string, settings: Record<string, unknown> = {}): Watched {
  const definition = monitorOf(id, settings);
  return {
    definition,
    revision: 1,
    checkDigest: checkDigest(definition.check),
    shard: 0,
    secrets: {},
    nextTickAt: T0,
    state: initialState(1, engineConfigOf(definition)),
    heard: new Set(),
  };
}

let roundsMade = 0;
export function roundOf(
  votes: Readonly<Record<string, Vote>>,
  changes: Partial<ClosedRound> = {},
): ClosedRound {
  roundsMade += 1;
  return {
    id: makeUuid7(T0 + roundsMade, new Uint8Array(10).fill(roundsMade % 251)),
    openedAt: T0,
    closedAt: T0 + 100,
    verdict: 'down',
    required: 2,
    members: MEMBERS,
    votes: Object.entries(votes).map(([region, vote]) => ({
      agent: `${region}-1`,
      region,
      vote,
      slow: false,
    })),
    phase: 'verify',
    ...changes,
  };
}

export function incidentStep(
  step: IncidentEffect['step'],
  round: ClosedRound,
  watched = watchedOf('checkout'),
): About<IncidentEffect> {
  return {
    watched,
    effect: {
      type: 'incident',
      step,
      incident: { id: round.id, kind: 'down', openedAt: T0 + 50 },
      verdict: step === 'resolve' ? 'up' : 'down',
      rounds: [round],
      at: round.closedAt,
    },
  };
}
