/** Whom monitors can do without. */
import { PUSH } from '@trustmonitor/protocol';
import { expect, test } from 'vitest';
import { undecidedWithout, type Jury } from '../../src/drains/rule.ts';

const enrolled = [
  ...['ap', 'eu-north', 'eu-west', 'us'].map((region) => ({
    region,
    group: region.startsWith('eu') ? 'group-eu' : region,
  })),
  { region: PUSH.region, group: PUSH.group },
];
const jury = (quorum: string, ...regions: string[]): Jury => ({
  ...{ quorum, regions, monitors: 1, example: `${quorum} of ${regions.join()}` },
});
const without = (region: string, one: Jury, ...silent: string[]): boolean =>
  undecidedWithout(region, [one], enrolled, new Set(silent)).length > 0;

test.each<[string, Jury, string[], boolean]>([
  ['ap', jury('majority', '*'), [], false],
  // Two of three groups are needed, and none of those that are left has another fault to spare.
  ['ap', jury('majority', '*'), ['us'], true],
  ['ap', jury('any', '*'), ['us'], false],
  ['ap', jury('all', '*'), [], true],
  // A group votes as long as one of its regions does.
  ['eu-north', jury('all', '*'), [], false],
  ['eu-north', jury('all', '*'), ['eu-west'], true],
  ['eu-north', jury('1', 'eu-*'), ['eu-west'], true],
  ['ap', jury('1', 'ap'), [], true],
  // Whom nobody asks, nobody misses; nor where it could not be judged by all of them together.
  ['ap', jury('all', 'eu-*', 'us'), ['us'], false],
  ['ap', jury('9', '*'), [], false],
])('without %s, %o, %s silent', (region, one, silent, isUndecided) => {
  expect(without(region, one, ...silent)).toBe(isUndecided);
});

test('it is said what would be missing', () => {
  expect(undecidedWithout('us', [jury('2', '*')], enrolled, new Set(['ap']))).toEqual([
    { ...jury('2', '*'), required: 2, left: 1 },
  ]);
});
