/** The auditor's view of announced maintenance, and of reports that rest on it. */
import type { MaintenancePredicate, UptimePredicate } from '@trustmonitor/protocol';
import { describe, expect, test } from 'vitest';
import { MaintenanceChains } from '../src/audit/maintenance.ts';
import { Findings } from '../src/audit/report.ts';

const told = (findings: Findings) =>
  findings.list().map(({ ok, detail }) => `${ok ? 'ok' : 'FAIL'} ${detail}`);

describe('announced maintenance', () => {
  const T = (minute: number) => `2026-01-31T12:${String(minute).padStart(2, '0')}:00.000Z`;
  const plan = { window: 'db', occurrence: 'o', startsAt: T(10), endsAt: T(20), previous: null };
  const end = { ...plan, step: 'end' as const, previous: 'd0', endsAt: T(15) };
  const named = { window: 'db', occurrence: 'o', statements: ['d0', 'd1'], excludedFrom: T(10) };

  function audit(
    statements: readonly object[],
    maintenance: readonly object[] = [],
    batchesAt: readonly string[] = [],
  ): string[] {
    const findings = new Findings();
    const chains = new MaintenanceChains(findings);
    for (const sealedAt of batchesAt) chains.noteBatch(sealedAt);
    for (const [index, statement] of statements.entries()) {
      chains.add(index, `d${index}`, { step: 'plan', ...statement } as MaintenancePredicate);
    }
    chains.addReport(9, { maintenance } as unknown as UptimePredicate);
    chains.finish();
    return told(findings);
  }

  test('is planned, ended and reported as it was', () => {
    expect(audit([plan, end], [named])).toEqual(['ok 2 statements on 1 windows']);
    // Agents' clocks may be two minutes ahead.
    expect(audit([plan, end], [named], [T(12)])).toEqual(['ok 2 statements on 1 windows']);
  });

  test.each<[string, readonly object[], RegExp]>([
    ['planned twice', [plan, plan], /announced a second time/],
    ['ended twice', [plan, end, { ...end, endsAt: T(12) }], /announced a second time/],
    ['ended without a plan', [end], /its plan is not in the log/],
    ['ended behind another plan', [plan, { ...end, previous: 'd9' }], /does not follow its plan/],
    ['prolonged', [plan, { ...end, endsAt: T(20) }], /does not shorten it/],
    ['ended before it began', [plan, { ...end, endsAt: T(9) }], /does not shorten it/],
    ['over before it begins', [{ ...plan, endsAt: T(10) }], /ends before it begins/],
  ])('%s: a fault', (_, statements, fault) => {
    expect(audit(statements).join()).toMatch(fault);
  });

  test.each<[string, object, readonly string[], RegExp]>([
    ['without its end', { statements: ['d0'] }, [], /the report names db without its end/],
    ['by others', { statements: ['d7', 'd1'] }, [], /by statements that are not there/],
    ['from before it was logged', {}, [T(13)], /and it was logged after 2026-01-31T12:13/],
  ])('a report that names it %s: a fault', (_, claim, batchesAt, fault) => {
    expect(audit([plan, end], [{ ...named, ...claim }], batchesAt).join()).toMatch(fault);
  });

  test('that takes nothing out may have been logged at any time', () => {
    const counted = { ...named, excludedFrom: null };
    expect(audit([plan, end], [counted], [T(59)])).toEqual(['ok 2 statements on 1 windows']);
  });
});
