import { describe, expect, test } from 'vitest';
import { isSelected, type Selector } from '../src/index.ts';

const monitor = { id: 'checkout-eu', group: 'Shop', labels: { team: 'payments', tier: '1' } };

describe('a selector fits', () => {
  test.each<[string, Selector, boolean]>([
    ['everything when it says nothing', {}, true],
    ['an id', { monitors: ['checkout-eu'] }, true],
    ['no other id', { monitors: ['checkout'] }, false],
    ['one of several patterns', { monitors: ['api-*', 'checkout-*'] }, true],
    ['a star that stands for nothing', { monitors: ['checkout-eu*'] }, true],
    ['a part in the middle', { monitors: ['*out*eu'] }, true],
    ['no part twice', { monitors: ['checkout-*-eu'] }, false],
    ['no ends that overlap', { monitors: ['checkout-eu*eu'] }, false],
    ['a group', { groups: ['Sh*'] }, true],
    ['every label that is named', { labels: { team: 'pay*', tier: '1' } }, true],
    ['not when one label differs', { labels: { team: 'payments', tier: '2' } }, false],
    ['not when a label is missing', { labels: { region: '*' } }, false],
    ['only when every field fits', { monitors: ['*'], groups: ['Other'] }, false],
  ])('%s', (_name, selector, expected) => {
    expect(isSelected(monitor, selector)).toBe(expected);
  });

  test('no monitor without a group by its group', () => {
    expect(isSelected({ ...monitor, group: null }, { groups: ['*'] })).toBe(false);
  });
});
