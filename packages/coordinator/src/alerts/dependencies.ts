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

/** Of these monitors, once they are written beside those that are there. */
export async function faultyDependencies(
  db: Queryable,
  written: readonly Dependent[],
): Promise<FaultyDependency[]> {
  if (written.every(({ dependsOn = [] }) => dependsOn.length === 0)) return [];
  const all = await selectDependencies(db);
  for (const { id, dependsOn = [] } of written) all.set(id, dependsOn);
  return written.flatMap(({ id, dependsOn = [] }) =>
    dependsOn.flatMap((other, i) => {
      const detail = faultOf(id, other, all);
      return detail === null ? [] : [{ monitor: id, pointer: `/dependsOn/${i}`, detail }];
    }),
  );
}

/**
 * For the transaction that writes them: until it ends nobody else writes dependencies, as two might
 * close a circle together. Throws `input.invalid`; the pointer is within the monitor.
 */
export async function requireDependencies(
  tx: Queryable,
  written: readonly Dependent[],
): Promise<void> {
  if (written.every(({ dependsOn = [] }) => dependsOn.length === 0)) return;
  await lock(tx, 'dependencies');
  const [first] = await faultyDependencies(tx, written);
  if (first === undefined) return;
  const { monitor, pointer, detail } = first;
  throw new TrustMonitorError('input.invalid', `${pointer} of ${monitor} ${detail}`, {
    where: pointer,
    fields: [{ pointer, detail }],
    hint: 'Name other monitors by their ids, none of which depends on this one.',
  });
}

function faultOf(
  id: string,
  other: string,
  all: ReadonlyMap<string, readonly string[]>,
): string | null {
  if (!all.has(other)) return `there is no monitor ${other}`;
  const way = wayFrom(other, id, all);
  return way === null ? null : `goes in a circle: ${[id, ...way].join(' -> ')}`;
}

/** From one to another along what each depends on; null where there is none. */
function wayFrom(
  from: string,
  to: string,
  all: ReadonlyMap<string, readonly string[]>,
): string[] | null {
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
