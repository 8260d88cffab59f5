import { beforeEach, expect, test } from 'vitest';
import { UnknownLimit } from '../../src/unknown-limit.ts';
import type { Watched } from '../../src/watch-list.ts';
import { T0, roundOf, watchedOf } from '../support/watched.ts';

const NAMES = Array.from({ length: 300 }, (_, i) => `m${i}`);
const LEAST = 100;

let watched: Map<string, Watched>;
let due: string[];
let limit: UnknownLimit;

beforeEach(() => {
  watched = new Map(NAMES.map((id) => [id, watchedOf(id)]));
  due = [];
  limit = new UnknownLimit({
    get: (id) => watched.get(id),
    get size() {
      return watched.size;
    },
    reschedule: (ids) => {
      due.push(...ids);
    },
  });
  const unknown = { since: T0, rounds: 1, alerted: false };
  for (const id of NAMES) set(id, { verdict: 'up', unknown });
});

function set(id: string, changes: Partial<Watched['state']>): void {
  const before = watched.get(id)!;
  watched.set(id, { ...before, state: { ...before.state, ...changes } });
}

/** As a turn does: opens a round for each. */
function open(ids: readonly string[]): void {
  for (const id of ids) set(id, { round: openRound });
  note(ids);
}

function note(ids: readonly string[]): void {
  limit.note({ states: new Map(ids.map((id) => [id, true])), results: [] });
}

/** So many results, of agents that had time or had none. */
function hear(count: number, hadTime: boolean): void {
  const detail = 'the event loop was late';
  const overloaded = { class: 'agent_overloaded', attribution: 'self', detail } as const;
  const result = { final: true, failure: hadTime ? null : overloaded };
  limit.note({ states: new Map(), results: Array.from({ length: count }, () => ({ result })) });
}

function close(ids: readonly string[], isDecided: boolean): void {
  for (const id of ids) set(id, { round: null, ...(isDecided ? { unknown: null } : {}) });
  note(ids);
}

const { phase, ...closed } = roundOf({});
const openRound = {
  ...{ id: closed.id, openedAt: T0, members: closed.members, required: 2, phase },
  ...{ unasked: [], asked: [], votes: [], resendAt: null, deadlineAt: T0 + 1_000 },
};

test('so many are asked at once, and each that ends makes room for the one that waits longest', () => {
  const first = limit.admit(NAMES);
  expect(first).toEqual(NAMES.slice(0, LEAST));
  open(first);
  expect(limit.waiting).toBe(200);
  limit.release();
  expect(due).toEqual([]);
  close(['m7', 'm8'], false);
  limit.release();
  expect(due).toEqual(['m100', 'm101']);
  expect(limit.admit(['m7', ...due])).toEqual(['m7', 'm100']);
  expect(limit.waiting).toBe(199);
});

test('all are asked in the end', () => {
  const asked = new Set<string>();
  due = [...NAMES];
  while (due.length > 0) {
    const next = limit.admit(due.splice(0));
    expect(next.length).toBeLessThanOrEqual(LEAST);
    open(next);
    for (const id of next) asked.add(id);
    close(next, true);
    limit.release();
  }
  expect(asked.size).toBe(NAMES.length);
});

test('what is steady, or has its round open, is never held up', () => {
  open(limit.admit(NAMES.slice(0, LEAST)));
  set('m200', { unknown: null });
  expect(limit.admit(['m200', 'm3', 'm201'])).toEqual(['m200', 'm3']);
});

test('rounds of monitors that are watched elsewhere hold no places', () => {
  open(limit.admit(NAMES.slice(0, LEAST)));
  expect(limit.admit(['m250'])).toEqual([]);
  for (const id of NAMES.slice(0, 10)) watched.delete(id);
  limit.release();
  expect(due).toEqual(['m250']);
  expect(limit.admit(due)).toEqual(['m250']);
});

test('what was never judged has to wait too', () => {
  for (const id of NAMES) set(id, { verdict: null, unknown: null });
  expect(limit.admit(NAMES)).toEqual(NAMES.slice(0, LEAST));
});

test('agents without time make places fewer, and the others make them as many as before', () => {
  hear(100, false);
  expect(limit.admit(NAMES)).toHaveLength(5);
  hear(20, true);
  expect(limit.admit(NAMES)).toHaveLength(25);
  hear(1_000, true);
  expect(limit.admit(NAMES)).toHaveLength(LEAST);
});

test('of many monitors more are asked at once', () => {
  const other = watchedOf('other');
  for (let i = 0; i < 20_000; i += 1) watched.set(`other-${i}`, other);
  expect(limit.admit(NAMES)).toEqual(NAMES);
});
