/** Ids that are given twice, in one file or in two. */
import {
  slugOf,
  type ChannelInput,
  type MaintenanceInput,
  type MonitorInput,
  type SloInput,
} from '@trustmonitor/protocol';
import type { SourceDocument } from './document.ts';
import type { Fault } from './fault.ts';
import type { Path } from './pointer.ts';

/** One item of a section, and where it stands. */
export interface Placed<T> {
  readonly source: SourceDocument;
  readonly path: Path;
  readonly item: T;
}

export function duplicateMonitors(monitors: readonly Placed<MonitorInput>[]): Fault[] {
  return duplicates(monitors, 'monitor', ({ item: { id, name } }) =>
    typeof id === 'string' ? { id, key: 'id' } : idFromName(name),
  );
}

export function duplicateChannels(channels: readonly Placed<ChannelInput>[]): Fault[] {
  return duplicates(channels, 'channel', ({ item: { id } }) =>
    typeof id === 'string' ? { id, key: 'id' } : null,
  );
}

export function duplicateSlos(slos: readonly Placed<SloInput>[]): Fault[] {
  return duplicates(slos, 'objective', ({ item: { id, name } }) =>
    typeof id === 'string' ? { id, key: 'id' } : idFromName(name),
  );
}

export function duplicateWindows(windows: readonly Placed<MaintenanceInput>[]): Fault[] {
  return duplicates(windows, 'window of maintenance', ({ item: { id } }) =>
    typeof id === 'string' ? { id, key: 'id' } : null,
  );
}

interface Identity {
  readonly id: string;
  /** The key that it comes from. */
  readonly key: string;
}

function duplicates<T>(
  items: readonly Placed<T>[],
  kind: string,
  identityOf: (item: Placed<T>) => Identity | null,
): Fault[] {
  const faults: Fault[] = [];
  const firstOf = new Map<string, Placed<T>>();
  for (const placed of items.filter(({ item }) => typeof item === 'object' && item !== null)) {
    const identity = identityOf(placed);
    if (identity === null) continue;
    const first = firstOf.get(identity.id);
    if (first === undefined) {
      firstOf.set(identity.id, placed);
      continue;
    }
    const { file, line } = first.source.placeOf(first.path);
    const what = `makes a second ${kind} "${identity.id}"; the first is at ${file}:${line}`;
    faults.push(placed.source.fault([...placed.path, identity.key], what));
  }
  return faults;
}

/** Null where no id can be made: that is a fault by itself, and not of this kind. */
function idFromName(name: unknown): Identity | null {
  try {
    return typeof name === 'string' ? { id: slugOf(name), key: 'name' } : null;
  } catch {
    return null;
  }
}
