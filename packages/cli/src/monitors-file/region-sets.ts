/** `regions:` at the top level: names for sets of regions, which monitors and defaults may use. */
import { Monitor, Slug, parserOf, type MonitorDefaults } from '@trustmonitor/protocol';
import type { SourceDocument } from './document.ts';
import type { Fault } from './fault.ts';
import { at } from './misfits.ts';
import { checkValue } from './sections.ts';

/** What each name stands for: regions and patterns of regions. */
export type RegionSets = ReadonlyMap<string, readonly string[]>;

export const RegionSet = Monitor.properties.regions;

const setParser = parserOf(RegionSet);
const nameParser = parserOf(Slug);

/** The sets of all files of a folder: they hold for every one of them. */
export function readRegionSets(sources: readonly SourceDocument[], faults: Fault[]): RegionSets {
  const placed = sources.flatMap((source) => setsOf(source, faults));
  const names = new Set(placed.map(({ name }) => name));
  const sets = new Map<string, readonly string[]>();
  for (const { source, name, regions } of placed) {
    const path = ['regions', name];
    if (sets.has(name)) faults.push(source.keyFault(path, 'is the name of a set already'));
    for (const [i, region] of regions.entries()) {
      if (!names.has(region)) continue;
      const what = `"${region}" is a set itself; write its regions out`;
      faults.push(source.fault([...path, String(i)], what));
    }
    sets.set(name, regions);
  }
  return sets;
}

interface PlacedSet {
  readonly source: SourceDocument;
  readonly name: string;
  readonly regions: readonly string[];
}

function setsOf(source: SourceDocument, faults: Fault[]): PlacedSet[] {
  const value = at(source.value, ['regions']);
  if (value === undefined || value === null) return [];
  if (typeof value !== 'object' || Array.isArray(value)) {
    const what =
      'must be a map from the name of a set to its regions: "europe: [eu-west, eu-north]"';
    faults.push(source.fault(['regions'], what));
    return [];
  }
  return Object.entries(value).flatMap(([name, regions]): PlacedSet[] => {
    const path = ['regions', name];
    if (!nameParser.check(name)) {
      const what = 'must be a name of 1 to 63 lower-case letters, digits and dashes';
      faults.push(source.keyFault(path, what));
      return [];
    }
    const isSound = checkValue(source, path, RegionSet, faults, (rest) => {
      setParser.parse(rest);
    });
    return isSound ? [{ source, name, regions: regions as string[] }] : [];
  });
}

/** The same settings with every set written out; each region once. */
export function withRegionsOf<T extends Pick<MonitorDefaults, 'regions'>>(
  settings: T,
  sets: RegionSets,
): T {
  const { regions } = settings;
  if (!Array.isArray(regions)) return settings;
  const written = regions.flatMap((region) => sets.get(region) ?? [region]);
  return { ...settings, regions: [...new Set(written)] };
}
