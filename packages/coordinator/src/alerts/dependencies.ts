/** What monitors depend on: others that are there, and never, over however many, themselves. */
import { TrustMonitorError, type Monitor } from '@trustmonitor/protocol';
import { lock } from '../store/advisory-locks.ts';
import type { Queryable } from '../store/database.ts';
import { selectDependencies } from '../store/monitors.ts';

export interface FaultyDependency {
  readonly monitor: string;
  /** Within the monitor. */
  readonly pointer: string;
  readonly detail: string;
}

type Dependent = Pick<Monitor, 'id' | 'dependsOn'>;

/** What is to become of monitors, beside those that stay as they are. */
export interface DependencyChange {
  readonly written: readonly Dependent[];
  /** Ids. */
  readonly removed: readonly string[];
}

/** Of the monitors that are written, once all of it is done. */
export async function faultyDependencies(
  db: Queryable,
  change: DependencyChange,
): Promise<FaultyDependency[]> {
  if (change.written.every(isIndependent)) return [];
  return faultsOf(change, afterwards(await selectDependencies(db), change));
}

/** Throws `monitor.needed` where a monitor that stays as it is depends on one that is removed. */
export async function requireUnneeded(db: Queryable, change: DependencyChange): Promise<void> {
  if (change.removed.length === 0) return;
  refuseNeeded(change, afterwards(await selectDependencies(db), change));
}

/**
 * For the transaction that does it: until it ends nobody else writes dependencies, as two might
 * close a circle together. Throws `monitor.needed`, and `input.invalid`; the pointer is within the
 * monitor.
 */
export async function requireDependencies(tx: Queryable, change: DependencyChange): Promise<void> {
  if (change.removed.length === 0 && change.written.every(isIndependent)) return;
  await lock(tx, 'dependencies');
  const all = afterwards(await selectDependencies(tx), change);
  refuseNeeded(change, all);
  const [first] = faultsOf(change, all);
  if (first === undefined) return;
  const { monitor, pointer, detail } = first;
  throw new TrustMonitorError('input.invalid', `${pointer} of ${monitor} ${detail}`, {
    where: pointer,
    fields: [{ pointer, detail }],
    hint: 'Name other monitors by their ids, none of which depends on this one.',
  });
}

const isIndependent = ({ dependsOn = [] }: Dependent): boolean => dependsOn.length === 0;

type Dependencies = ReadonlyMap<string, readonly string[]>;

function afterwards(stored: Dependencies, { written, removed }: DependencyChange): Dependencies {
  const all = new Map(stored);
  for (const id of removed) all.delete(id);
  for (const { id, dependsOn = [] } of written) all.set(id, dependsOn);
  return all;
}

const MOST_NAMED = 5;

function refuseNeeded({ written, removed }: DependencyChange, all: Dependencies): void {
  const rewritten = new Set(written.map(({ id }) => id));
  const others = [...all].filter(([id]) => !rewritten.has(id));
  const needed = removed.flatMap((id) => {
    const by = others.filter(([, dependsOn]) => dependsOn.includes(id)).map(([other]) => other);
    return by.length === 0 ? [] : [`${id} is needed by ${named(by)}`];
  });
  if (needed.length === 0) return;
  throw new TrustMonitorError('monitor.needed', named(needed), {
    hint: 'Take it out of the dependsOn of those monitors first, or delete them with it.',
  });
}

function named(all: readonly string[]): string {
  const more = all.length - MOST_NAMED;
  return all.slice(0, MOST_NAMED).join(', ') + (more > 0 ? ` and ${more} more` : '');
}

function faultsOf({ written, removed }: DependencyChange, all: Dependencies): FaultyDependency[] {
  return written.flatMap(({ id, dependsOn = [] }) =>
    dependsOn.flatMap((other, i) => {
      const detail = removed.includes(other)
        ? `${other} is deleted by the same plan`
        : faultOf(id, other, all);
      return detail === null ? [] : [{ monitor: id, pointer: `/dependsOn/${i}`, detail }];
    }),
  );
}

function faultOf(id: string, other: string, all: Dependencies): string | null {
  if (!all.has(other)) return `there is no monitor ${other}`;
  const way = wayFrom(other, id, all);
  return way === null ? null : `goes in a circle: ${[id, ...way].join(' -> ')}`;
}

/** From one to another along what each depends on; null where there is none. */
function wayFrom(from: string, to: string, all: Dependencies): string[] | null {
  const seen = new Set([from]);
  let ways: string[][] = [[from]];
  while (ways.length > 0) {
    const found = ways.find((way) => way.at(-1) === to);
    if (found !== undefined) return found;
    ways = ways.flatMap((way) =>
      (all.get(way.at(-1) ?? '') ?? [])
        .filter((next) => !seen.has(next) && seen.add(next))
        .map((next) => [...way, next]),
    );
  }
  return null;
}
