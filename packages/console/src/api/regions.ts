import { matchRegions, type RegionResource } from '@trustmonitor/protocol';
import { useMemo } from 'react';
import { getAll } from './client.ts';
import { useRead, type Resource } from './resource.ts';

const NONE: readonly RegionResource[] = [];

/** All regions, with what went wrong. */
export function useRegionsRead(): Resource<RegionResource[]> {
  return useRead<RegionResource[]>(
    'regions',
    (signal) => getAll<RegionResource>('/v1/regions', 200, signal),
    { everyMs: 15_000, on: ({ type }) => type.startsWith('region.') || type.startsWith('agent.') },
  );
}

/** All regions; none before they have been read. The same array until it is read anew. */
export function useRegions(): readonly RegionResource[] {
  return useRegionsRead().data ?? NONE;
}

/** Names of the regions that a monitor's patterns (`eu-*`) mean; the same array while they are the same. */
export function useNamed(
  patterns: readonly string[],
  regions: readonly RegionResource[],
): readonly string[] {
  const names = matchRegions(patterns, regions).map(({ region }) => region);
  const said = names.join(' ');
  return useMemo(() => said.split(' ').filter(Boolean), [said]);
}
