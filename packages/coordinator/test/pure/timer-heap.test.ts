import fc from 'fast-check';
import { expect, test } from 'vitest';
import { TimerHeap } from '../../src/timer-heap.ts';

/** The plain way: a map, sorted each time it is asked. */
class SortedList {
  readonly #entries = new Map<string, number>();

  get size(): number {
    return this.#entries.size;
  }
  get earliest(): number | null {
    return this.#entries.size === 0 ? null : Math.min(...this.#entries.values());
  }
  set(key: string, at: number): void {
    this.#entries.set(key, at);
  }
  delete(key: string): void {
    this.#entries.delete(key);
  }
  takeDue(now: number, limit: number): [string, number][] {
    const due = [...this.#entries].filter(([, at]) => at <= now).toSorted(([, a], [, b]) => a - b);
    return due.slice(0, limit);
  }
}

const key = fc.integer({ min: 0, max: 12 }).map((n) => `k${n}`);
const at = fc.integer({ min: 0, max: 40 });
const command = fc.oneof(
  fc.record({ type: fc.constant('set' as const), key, at }),
  fc.record({ type: fc.constant('delete' as const), key }),
  fc.record({ type: fc.constant('take' as const), at, limit: fc.integer({ min: 0, max: 6 }) }),
);

test('behaves as a sorted list does', () => {
  fc.assert(
    fc.property(fc.array(command, { maxLength: 80 }), (commands) => {
      const heap = new TimerHeap();
      const list = new SortedList();
      const timeOf = new Map<string, number>();
      for (const step of commands) {
        if (step.type === 'set') {
          heap.set(step.key, step.at);
          list.set(step.key, step.at);
          timeOf.set(step.key, step.at);
        } else if (step.type === 'delete') {
          heap.delete(step.key);
          list.delete(step.key);
        } else {
          const taken = heap.takeDue(step.at, step.limit);
          const expected = list.takeDue(step.at, step.limit);
          // Keys due at the same time come in any order; their times are what is promised.
          expect(taken.map((name) => timeOf.get(name))).toEqual(expected.map(([, time]) => time));
          expect(new Set(taken).size).toBe(taken.length);
          for (const name of taken) list.delete(name);
        }
        expect(heap.size).toBe(list.size);
        expect(heap.earliest).toBe(list.earliest);
      }
    }),
    { numRuns: 500 },
  );
});

test('gives back 20,000 keys in order', () => {
  const heap = new TimerHeap();
  for (let i = 0; i < 20_000; i++) heap.set(`k${i}`, (i * 7_919) % 20_011);
  const times = heap
    .takeDue(Infinity, 30_000)
    .map((name) => (Number(name.slice(1)) * 7_919) % 20_011);
  expect(times).toEqual(times.toSorted((a, b) => a - b));
  expect(heap.size).toBe(0);
  expect(heap.earliest).toBeNull();
});
