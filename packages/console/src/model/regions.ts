/** Which regions a monitor's patterns (`eu-*`) mean. */
import type { RegionResource } from '@trustmonitor/protocol';

export function regionsOf(
  patterns: readonly string[],
  regions: readonly Pick<RegionResource, 'region'>[],
): string[] {
  const tests = patterns.map((pattern) => new RegExp(`^${pattern.replaceAll('*', '.*')}$`));
  return regions
    .map(({ region }) => region)
    .filter((name) => tests.some((test) => test.test(name)));
}
