import { describe, expect, test } from 'vitest';
import { maintenanceOf, occurrencesFrom, requireSchedule } from '@trustmonitor/alerting';
import type { MaintenanceSchedule } from '@trustmonitor/protocol';

const at = (text: string) => Date.parse(text);
const cron = (
  expression: string,
  timezone = 'Europe/Berlin',
  durationMs = 3_600_000,
): MaintenanceSchedule => ({ type: 'cron', cron: expression, timezone, durationMs });
const starts = (schedule: MaintenanceSchedule, from: string, to: string) =>
  occurrencesFrom(schedule, at(from), at(to)).map(({ fromMs, untilMs }) => [
    new Date(fromMs).toISOString().slice(0, 16),
    (untilMs - fromMs) / 60_000,
  ]);

describe('occurrences', () => {
  test('follow the clock on the wall through both changes', () => {
    const nights = cron('30 1 * * *');
    // 01:30 is UTC+1 before, UTC+2 after; each lasts an hour of real time across the change.
    expect(starts(nights, '2026-03-28T00:00:00Z', '2026-03-31T00:00:00Z')).toEqual([
      ['2026-03-28T00:30', 60],
      ['2026-03-29T00:30', 60],
      ['2026-03-29T23:30', 60],
      ['2026-03-30T23:30', 60],
    ]);
    expect(starts(nights, '2026-10-24T00:00:00Z', '2026-10-27T00:00:00Z')).toEqual([
      ['2026-10-24T23:30', 60],
      ['2026-10-26T00:30', 60],
    ]);
  });

  test('in the hour that is skipped begin when it is over, and in the one that is twice once', () => {
    const nights = cron('30 2 * * *');
    expect(starts(nights, '2026-03-28T12:00:00Z', '2026-03-30T12:00:00Z')).toEqual([
      ['2026-03-29T01:00', 60],
      ['2026-03-30T00:30', 60],
    ]);
    expect(starts(nights, '2026-10-24T12:00:00Z', '2026-10-26T12:00:00Z')).toEqual([
      ['2026-10-25T00:30', 60],
      ['2026-10-26T01:30', 60],
    ]);
    expect(
      starts(
        cron('30 1 * * *', 'America/New_York'),
        '2026-11-01T00:00:00Z',
        '2026-11-02T12:00:00Z',
      ),
    ).toEqual([
      ['2026-11-01T05:30', 60],
      ['2026-11-02T06:30', 60],
    ]);
  });

  test('begin from the first moment on, and before the last', () => {
    const hours = cron('0 * * * *', 'UTC');
    expect(starts(hours, '2026-01-01T00:00:00Z', '2026-01-01T02:00:00Z')).toHaveLength(2);
    expect(starts(hours, '2026-01-01T00:00:01Z', '2026-01-01T02:00:01Z')).toHaveLength(2);
    const once: MaintenanceSchedule = {
      type: 'once',
      from: '2026-01-01T01:00:00.000Z',
      until: '2026-01-01T03:00:00.000Z',
    };
    expect(starts(once, '2026-01-01T01:00:00Z', '2026-01-02T00:00:00Z')).toEqual([
      ['2026-01-01T01:00', 120],
    ]);
    expect(starts(once, '2026-01-01T01:00:01Z', '2026-01-02T00:00:00Z')).toEqual([]);
  });
});

test.each([
  ['61 * * * *', 'UTC', '/cron'],
  ['0 3 * * 0 *', 'UTC', '/cron'],
  ['0 0 30 2 *', 'UTC', '/cron'],
  ['*/30 * * * *', 'UTC', '/cron'],
  ['0 3 * * 0', 'Mars/Olympus', '/timezone'],
])('%s in %s is refused', (expression, timezone, where) => {
  expect(() => requireSchedule(cron(expression, timezone), at('2026-01-01T00:00:00Z'))).toThrow(
    expect.objectContaining({ code: 'input.invalid', where }),
  );
});

test('a monitor is in the window that ends last of those that are about it now', () => {
  const shop = { id: 'shop', group: 'web', labels: {} };
  const window = (id: string, fromMs: number, untilMs: number, monitors = ['*']) => ({
    ...{ id, fromMs, untilMs, reason: `because of ${id}`, selector: { monitors } },
  });
  const windows = [
    window('long', 10, 30),
    window('short', 10, 20),
    window('other', 0, 99, ['cart']),
    window('later', 40, 50),
  ];
  const now = (ms: number) => maintenanceOf(windows, shop, ms);
  expect(now(9)).toBeNull();
  expect(now(10)).toEqual({ id: 'long', until: 30, reason: 'because of long' });
  expect(now(29)?.id).toBe('long');
  expect([now(30), now(39)]).toEqual([null, null]);
  expect(now(49)?.id).toBe('later');
});
