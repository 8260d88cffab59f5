/** Monitors as code: a path in; the whole of it ready to be applied, or every fault in it, out. */
import type {
  ChannelInput,
  FiledMonitor,
  MaintenanceInput,
  MonitorDefaults,
  OwnerName,
  PlanInput,
  RoutingInput,
  SloInput,
} from '@trustmonitor/protocol';
import { SourceDocument } from './document.ts';
import {
  duplicateChannels,
  duplicateMonitors,
  duplicateSlos,
  duplicateWindows,
  type Placed,
} from './duplicates.ts';
import type { Environment } from './environment.ts';
import { inOrder, type Fault } from './fault.ts';
import { readMaintenance, windowsOf } from './maintenance.ts';
import { parseSource } from './parse-source.ts';
import { readSources } from './read-sources.ts';
import { readRegionSets, withRegionsOf } from './region-sets.ts';
import {
  checkTopLevel,
  readChannels,
  readDefaults,
  readMonitors,
  readOwner,
  readRouting,
  readSlos,
} from './sections.ts';
import { monitorOf } from './filed-monitor.ts';

/** The part of a plan that files say. */
export type PlanBody = Required<
  Pick<PlanInput, 'monitors' | 'defaults' | 'channels' | 'slos' | 'maintenance'>
> &
  Pick<PlanInput, 'owner' | 'routing'>;

export interface LoadedMonitors {
  readonly body: PlanBody;
  readonly files: readonly string[];
  /** Names of secrets that nobody has set; none unless that was allowed. */
  readonly unsetSecrets: readonly string[];
  /** Where each part of the body comes from, for what the API finds wrong with it. */
  readonly origin: BodyOrigin;
}

export interface BodyOrigin {
  readonly monitors: readonly Placed<FiledMonitor>[];
  readonly channels: readonly Placed<ChannelInput>[];
  readonly slos: readonly Placed<SloInput>[];
  readonly maintenance: readonly Placed<MaintenanceInput>[];
  readonly defaults: SourceDocument | null;
  readonly routing: SourceDocument | null;
}

export type Loaded =
  | { readonly ok: true; readonly loaded: LoadedMonitors }
  | { readonly ok: false; readonly faults: readonly Fault[] };

export interface LoadOptions {
  /** Whether a secret may be without its value: enough to check files, not to apply them. */
  readonly allowUnset?: boolean;
}

/** Reads and checks a file or a folder. Throws only when there is nothing to read. */
export async function loadMonitors(
  path: string,
  env: Environment,
  { allowUnset = false }: LoadOptions = {},
): Promise<Loaded> {
  const texts = await readSources(path);
  const faults: Fault[] = [];
  const parsed = texts.flatMap(({ file, text }) => {
    const result = parseSource(file, text, env, allowUnset);
    if (result instanceof SourceDocument) return [result];
    faults.push(...result);
    return [];
  });
  const sources = parsed.filter((source) => checkTopLevel(source, faults));

  const owner = onlyOwner(sources, faults);
  const sets = readRegionSets(sources, faults);
  const { defaults, origin: defaultsOrigin } = onlyDefaults(sources, faults);
  const { routing, origin: routingOrigin } = onlyRouting(sources, faults);
  const channels = sources.flatMap((source) =>
    placed(source, 'notifications', readChannels(source, faults)),
  );
  const monitors = sources.flatMap((source) =>
    placed(source, 'monitors', readMonitors(source, defaults, faults)),
  );
  const slos = sources.flatMap((source) => placed(source, 'slos', readSlos(source, faults)));
  const stated = sources.flatMap((source) =>
    placed(source, 'maintenance', readMaintenance(source, faults)),
  );
  faults.push(
    ...duplicateMonitors(monitors),
    ...duplicateChannels(channels),
    ...duplicateSlos(slos),
  );
  const sections = [monitors, channels, slos, stated, routing === null ? [] : [routing]];
  if (faults.length === 0) faults.push(...nothingToDo(sources, sections));
  // What stands inside of monitors can be read only where those are sound.
  const maintenance = [...stated, ...(faults.length === 0 ? windowsOf(monitors) : [])];
  faults.push(...duplicateWindows(maintenance));
  if (faults.length > 0) return { ok: false, faults: inOrder(faults) };

  const body: PlanBody = {
    ...(owner === null ? {} : { owner }),
    monitors: monitors.map(({ item }) => withRegionsOf(monitorOf(item), sets)),
    defaults: withRegionsOf(defaults, sets),
    channels: channels.map(({ item }) => item),
    slos: slos.map(({ item }) => item),
    maintenance: maintenance.map(({ item }) => item),
    ...(routing === null ? {} : { routing }),
  };
  const origin = {
    ...{ monitors, channels, slos, maintenance },
    ...{ defaults: defaultsOrigin, routing: routingOrigin },
  };
  const files = texts.map(({ file }) => file);
  const unsetSecrets = [...new Set(sources.flatMap((source) => source.unsetSecrets))];
  return { ok: true, loaded: { body, origin, files, unsetSecrets } };
}

/** One owner for all files of a folder, in as many of them as say it. */
function onlyOwner(sources: readonly SourceDocument[], faults: Fault[]): OwnerName | null {
  let first: { owner: OwnerName; file: string } | null = null;
  for (const source of sources) {
    const owner = readOwner(source, faults);
    if (owner === null) continue;
    first ??= { owner, file: source.file };
    if (owner === first.owner) continue;
    const what = `is "${owner}", and "${first.owner}" in ${first.file}; a folder has one owner`;
    faults.push(source.fault(['owner'], what));
  }
  return first?.owner ?? null;
}

/** Defaults hold for all files of a folder, so only one of them may have any. */
function onlyDefaults(
  sources: readonly SourceDocument[],
  faults: Fault[],
): { defaults: MonitorDefaults; origin: SourceDocument | null } {
  const [first, ...others] = sources.filter(({ value }) => hasDefaults(value));
  if (first === undefined) return { defaults: {}, origin: null };
  for (const other of others) {
    const what = `are in ${first.file} already, and hold for every file of the folder`;
    faults.push(other.keyFault(['defaults'], what));
  }
  return { defaults: readDefaults(first, faults) ?? {}, origin: first };
}

/** There is one tree, so only one file of a folder may have it. */
function onlyRouting(
  sources: readonly SourceDocument[],
  faults: Fault[],
): { routing: RoutingInput | null; origin: SourceDocument | null } {
  const [first, ...others] = sources.filter(
    ({ value }) => ((value as { routing?: unknown }).routing ?? null) !== null,
  );
  if (first === undefined) return { routing: null, origin: null };
  for (const other of others) {
    faults.push(other.keyFault(['routing'], `is in ${first.file} already, and there is one`));
  }
  return { routing: readRouting(first, faults), origin: first };
}

function hasDefaults(value: unknown): boolean {
  return (value as { defaults?: unknown }).defaults !== undefined;
}

function placed<T>(source: SourceDocument, section: string, items: readonly T[]): Placed<T>[] {
  return items.map((item, i) => ({ source, path: [section, String(i)], item }));
}

function nothingToDo(
  [source]: readonly SourceDocument[],
  sections: readonly (readonly unknown[])[],
): Fault[] {
  if (source === undefined || sections.some(({ length }) => length > 0)) return [];
  return [source.fault(['monitors'], 'is missing or empty: there is nothing to apply')];
}
