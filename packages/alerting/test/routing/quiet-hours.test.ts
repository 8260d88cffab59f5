/** Quiet hours where clocks are turned, and over midnight. */
import { expect, test } from 'vitest';
import { quietUntil } from '../../src/routing/quiet-hours.ts';

const night = { from: '22:00', to: '07:00', timezone: 'Europe/Berlin' };
const gap = { from: '01:00', to: '02:30', timezone: 'Europe/Berlin' };
const weekend = { ...night, days: ['sat' as const] };

test.each([
  ['winter, in the evening', night, '2026-01-07T21:30:00Z', '2026-01-08T06:00:00Z'],
  ['winter, by day', night, '2026-01-07T12:00:00Z', null],
  ['at its first minute', night, '2026-01-07T21:00:00Z', '2026-01-08T06:00:00Z'],
  ['at its last minute', night, '2026-01-08T05:59:59Z', '2026-01-08T06:00:00Z'],
  ['at its end', night, '2026-01-08T06:00:00Z', null],
  ['the night that clocks go forward', night, '2026-03-28T22:00:00Z', '2026-03-29T05:00:00Z'],
  ['the night that clocks go back', night, '2026-10-24T21:00:00Z', '2026-10-25T06:00:00Z'],
  ['an end that does not exist that day', gap, '2026-03-29T00:30:00Z', '2026-03-29T01:00:00Z'],
  ['an end that comes twice that day', gap, '2026-10-24T23:30:00Z', '2026-10-25T00:30:00Z'],
  ['a day, in its evening', weekend, '2026-01-10T21:30:00Z', '2026-01-11T06:00:00Z'],
  ['a day, in the night after it', weekend, '2026-01-11T03:00:00Z', '2026-01-11T06:00:00Z'],
  ['another day', weekend, '2026-01-11T21:30:00Z', null],
  [
    'a quarter of an hour off',
    { from: '00:00', to: '00:10', timezone: 'Asia/Kathmandu' },
    '2026-01-07T18:16:00Z',
    '2026-01-07T18:25:00Z',
  ],
])('%s', (_name, quiet, at, end) => {
  expect(quietUntil(quiet, Date.parse(at))).toBe(end === null ? null : Date.parse(end));
});

test('the whole day, every day, has no end that is near', () => {
  const always = { from: '00:00', to: '00:00', timezone: 'UTC' };
  const at = Date.parse('2026-01-07T12:00:00Z');
  expect(quietUntil(always, at)).toBeGreaterThan(at + 7 * 86_400_000);
});
