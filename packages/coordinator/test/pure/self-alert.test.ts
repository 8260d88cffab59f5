import { describe, expect, test } from 'vitest';
import type { Decisions } from '../../src/decide.ts';
import { selfAlertOf, type LastAlert } from '../../src/self-alert.ts';
import { T0, roundOf, watchedOf } from '../support/watched.ts';

interface Turned {
  readonly unknown?: readonly string[];
  readonly restored?: readonly string[];
  readonly at?: number;
}

/** What a turn decided, as far as it is about the monitoring itself. */
function turn({ unknown = [], restored = [], at = T0 }: Turned): Decisions {
  const round = roundOf({ eu: 'up' }, { verdict: 'unknown' });
  return {
    rounds: unknown.map((id) => ({
      watched: watchedOf(id),
      effect: { type: 'round.closed', round },
    })),
    monitoring: [
      ...unknown.map((id) => ({
        watched: watchedOf(id),
        effect: { type: 'monitoring.unknown', since: at - 2_000, at },
      })),
      ...restored.map((id) => ({
        watched: watchedOf(id),
        effect: { type: 'monitoring.restored', at },
      })),
    ],
  } as unknown as Decisions;
}

const NEVER: LastAlert = { unknown: 0, atMs: -Infinity };

describe('people are told', () => {
  test('once, when many monitors turn unknown in one turn', () => {
    const alert = selfAlertOf(turn({ unknown: ['a', 'b', 'c'] }), new Set(), NEVER);
    expect(alert).toEqual({
      news: 'unknown',
      at: T0,
      since: T0 - 2_000,
      unknown: 3,
      monitors: ['a', 'b', 'c'],
      silentRegions: ['ap', 'us'],
    });
  });

  test('not again while others follow', () => {
    const last = { unknown: 3, atMs: T0 };
    const later = turn({ unknown: ['d', 'e', 'f', 'g'], at: T0 + 30_000 });
    expect(selfAlertOf(later, new Set(['a', 'b', 'c']), last)).toBeNull();
  });

  test('again when a later outage is twice as large', () => {
    const last = { unknown: 1, atMs: T0 };
    const later = turn({ unknown: ['b'], at: T0 + 300_000 });
    expect(selfAlertOf(later, new Set(['a']), last)).toMatchObject({ news: 'unknown', unknown: 2 });
    const small = { unknown: 2, atMs: T0 };
    expect(selfAlertOf(later, new Set(['a']), { ...small, unknown: 4 })).toBeNull();
  });

  test('when the last of them is known again, and not before', () => {
    const before = new Set(['a', 'b']);
    expect(selfAlertOf(turn({ restored: ['a'] }), before, NEVER)).toBeNull();
    expect(selfAlertOf(turn({ restored: ['a', 'b'] }), before, NEVER)).toMatchObject({
      news: 'restored',
      unknown: 0,
      monitors: ['a', 'b'],
    });
  });

  test('nothing when one goes as another comes', () => {
    const last = { unknown: 1, atMs: T0 };
    expect(selfAlertOf(turn({ unknown: ['b'], restored: ['a'] }), new Set(['a']), last)).toBeNull();
  });

  test('nothing when nothing turned', () => {
    expect(selfAlertOf(turn({}), new Set(['a']), NEVER)).toBeNull();
  });
});
