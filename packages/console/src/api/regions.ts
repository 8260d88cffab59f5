import type { RegionResource } from '@trustmonitor/protocol';
import { getAll } from './client.ts';
import { useRead } from './resource.ts';

const NONE: readonly RegionResource[] = [];

/** All regions; none before they have been read. The same array until it is read anew. */
export function useRegions(): readonly RegionResource[] {
  const { data } = useRead<RegionResource[]>(
    'regions',
    (signal) => getAll<RegionResource>('/v1/regions', 200, signal),
    { everyMs: 15_000, on: ({ type }) => type.startsWith('region.') || type.startsWith('agent.') },
  );
  return data ?? NONE;
}
