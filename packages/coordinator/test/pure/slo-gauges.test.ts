/** How long the figures of objectives are shown while the database does not answer, and how often it is asked. */
import { pino } from 'pino';
import { expect, test } from 'vitest';
import { SloGauges } from '../../src/metrics/slo-gauges.ts';
import type { Database } from '../../src/store/database.ts';
import { monitorOf } from '../support/watched.ts';

const MINUTE = 60_000;

test('figures are shown for some minutes, and a database that fails is asked ever more seldom', async () => {
  let nowMs = Date.UTC(2026, 0, 31);
  let isAway = false;
  const reads: number[] = [];
  const { id, name, group, labels, intervalMs, enabled, alerts } = monitorOf('shop');
  const level = { target: 99, windowMs: 30 * 1_440 * MINUTE, degraded: 'good', partial: 'good' };
  const monitor = {
    ...{ id, name, group, labels, intervalMs, enabled, alerts, owner: null },
    ...{ level: { ...level, latency: null }, created_at: new Date(nowMs) },
  };
  const database = {
    query: (text: string) => {
      if (text.includes('from monitor m')) reads.push(nowMs);
      if (isAway) return Promise.reject(new Error('away'));
      return Promise.resolve({ rows: text.includes('from monitor m') ? [monitor] : [] });
    },
  } as unknown as Database;
  const log = pino({ level: 'silent' });
  const gauges = new SloGauges({ database, clock: () => nowMs, log, limit: 9 });
  /** Every 15 s, as Prometheus asks. */
  const scrape = async (minutes: number): Promise<number> => {
    reads.length = 0;
    for (const end = nowMs + minutes * MINUTE; nowMs < end; nowMs += 15_000) await gauges.refresh();
    return reads.length;
  };
  expect(gauges.known).toEqual([]);
  expect(await scrape(10)).toBe(10);
  expect(gauges.known.map((slo) => slo.id)).toEqual(['monitor:shop']);

  isAway = true;
  await scrape(3);
  expect(gauges.known).toHaveLength(1);
  await scrape(3);
  expect(gauges.known).toEqual([]);
  expect(await scrape(60)).toBeLessThan(10);
  isAway = false;
  await scrape(11);
  expect(gauges.known).toHaveLength(1);
  expect(await scrape(10)).toBe(10);
});
