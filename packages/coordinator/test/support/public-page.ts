/** A page with one incident, as data. */
import { DAY_MS, type PageParts } from '../../src/status-page/view.ts';

export const NOW = Date.UTC(2026, 10, 21, 12);
const TODAY = Date.UTC(2026, 10, 21);
export const BASE = 'https://status.example/';
export const HOSTILE = `"><script>alert(1)</script>&'`;
export const DAY = { up: DAY_MS, degraded: 0, partial: 0, down: 0, unknown: 0 };

export const monitorOf = (id: string, verdict: 'up' | 'down' | null = 'up', group = 'Shop') => ({
  ...{ id, name: `The ${id}`, group, labels: { tier: '1' }, verdict },
  createdAt: new Date(TODAY - 10 * DAY_MS),
});
export const dayOf = (monitor: string, ago: number, times: Partial<typeof DAY> = {}) => ({
  ...{ monitor, day: new Date(TODAY - ago * DAY_MS), ...DAY, ...times },
});
export const INCIDENT = {
  ...{ id: '01980f5e-2b7c-7d3a-9c41-5f0e8a6b2d17', monitor: 'api', kind: 'down' as const },
  ...{ openedAt: new Date(NOW - 3_600_000), resolvedAt: null, regionsDown: 4, regions: 5 },
  steps: [
    {
      ...{ at: new Date(NOW - 3_590_000).toISOString(), step: 'open' as const },
      ...{ verdict: 'partial' as const, digest: 'ab'.repeat(32) },
    },
    {
      ...{ at: new Date(NOW - 1_800_000).toISOString(), step: 'update' as const },
      ...{ verdict: 'down' as const, digest: 'cd'.repeat(32) },
    },
  ],
  notes: [
    {
      id: '01980f5e-2b7c-7d3a-9c41-5f0e8a6b2d20',
      at: new Date(NOW - 2_000_000).toISOString(),
      note: 'We know why & mend it.\nNobody loses data.',
    },
  ],
};
export const PAGE = { id: 'shop', title: 'Shop', groups: [{ name: 'All', select: {} }] };
export const NOTHING: PageParts = { monitors: [], days: [], incidents: [], windows: [], past: [] };
export const SITE = {
  base: BASE,
  script: () => Promise.resolve('// script'),
  verifier: () => Promise.resolve('<!doctype html>'),
  evidence: (id: string) => Promise.resolve(`{"of":"${id}"}`),
  isProven: () => Promise.resolve(true),
};
