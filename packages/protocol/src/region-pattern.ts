/** Region patterns: a name, or a name with `*` for any run of characters. */
import type { Member } from './evidence/record.ts';

/** The members of `all` that any of `patterns` names, in order of region name. */
export function matchRegions<T extends Pick<Member, 'region'>>(
  patterns: readonly string[],
  all: readonly T[],
): T[] {
  const tests = patterns.map(
    (pattern) => new RegExp(`^${pattern.split('*').map(escapeRegExp).join('.*')}$`),
  );
  return all
    .filter(({ region }) => tests.some((test) => test.test(region)))
    .toSorted((a, b) => (a.region < b.region ? -1 : 1));
}

function escapeRegExp(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}
