import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ReportFile, UptimePredicate } from '@trustmonitor/protocol';
import {
  REPORT_CHECKS,
  accountTime,
  canonicalBytes,
  decodeUtf8,
  figureOf,
  isReportFile,
  verifyBundle,
  verifyReport,
  type CheckCode,
  type Span,
} from '@trustmonitor/evidence';
import { nodeVerifier } from '@trustmonitor/evidence/node';
import { bundleOf, incidentFixture, signSteps, story } from './fixture/incident.ts';
import { logRecord, loggedNetwork } from './fixture/log.ts';
import { T0, at, signerOf } from './fixture/network.ts';
import { PERIOD, SPANS, reportFile, signReport, uptimePredicate } from './fixture/uptime.ts';

const { net, bytes: bundle, steps } = incidentFixture();
const file = reportFile(net, [bundle]);
const verify = (bytes: Uint8Array, root = net.root) =>
  verifyReport(bytes, root, { verifier: nodeVerifier });
const failed = (bytes: Uint8Array): CheckCode | null =>
  verify(bytes).checks.find(({ ok }) => !ok)?.code ?? null;
const parsed = () => JSON.parse(decodeUtf8(file)) as ReportFile;
const restated = (change: (predicate: UptimePredicate) => UptimePredicate) =>
  reportFile(net, [bundle], change);

describe('where the time went', () => {
  it('is accounted for once, incidents before rounds', () => {
    const { statement } = verify(file);
    expect(statement?.predicate.time).toEqual({
      upMs: 300_400 + 129_600,
      degradedMs: 30_000,
      partialMs: 0,
      downMs: 60_000,
      unconfirmedDownMs: 10_000,
      unknownMs: 60_000,
      unmeasuredMs: 10_000,
      maintenanceMs: 0,
    });
    // 470 s of 530 s: the last part per million is not rounded up.
    expect(statement?.predicate.figure).toEqual({
      countedMs: 530_000,
      downMs: 60_000,
      availabilityPpm: 886_792,
    });
  });

  it('has no figure where nothing counts', () => {
    expect(figureOf(accountTime(PERIOD, [], []))).toEqual({
      countedMs: 0,
      downMs: 0,
      availabilityPpm: null,
    });
  });

  it('always adds up to the period', () => {
    const edges = fc.uniqueArray(fc.integer({ min: -50, max: 150 }), { maxLength: 24 });
    const stretches = (points: readonly number[]): Span[] =>
      points
        .toSorted((a, b) => a - b)
        .flatMap((fromMs, i, all) =>
          i % 2 === 0 && i + 1 < all.length ? [{ fromMs, toMs: all[i + 1]! }] : [],
        );
    const verdicts = ['up', 'degraded', 'partial', 'down', 'unknown'] as const;
    fc.assert(
      fc.property(edges, edges, (rounds, incidents) => {
        const time = accountTime(
          { fromMs: 0, toMs: 100 },
          stretches(incidents).map((span, i) => [
            { ...span, verdict: i % 2 === 0 ? ('down' as const) : ('partial' as const) },
          ]),
          stretches(rounds).map((span, i) => ({ ...span, verdict: verdicts[i % 5]! })),
        );
        const parts = Object.values(time);
        expect(parts.reduce((sum, part) => sum + part, 0)).toBe(100);
        expect(Math.min(...parts)).toBeGreaterThanOrEqual(0);
        const { countedMs, availabilityPpm } = figureOf(time);
        if (availabilityPpm === null) expect(countedMs).toBe(0);
        else
          expect(availabilityPpm).toBe(Math.floor(((countedMs - time.downMs) * 1e6) / countedMs));
      }),
    );
  });

  it('counts an incident only as far as it lies in the period', () => {
    const clipped = { fromMs: T0 + 40_400, toMs: T0 + 300_000 };
    const predicate = uptimePredicate(net, [JSON.parse(decodeUtf8(bundle))], clipped);
    expect(predicate.incidents[0]).toMatchObject({ downMs: 30_000, partialMs: 0 });
    expect(predicate.time.downMs).toBe(30_000);
  });
});

describe('a sound report', () => {
  it('passes every check, without a log and with one', () => {
    expect(failed(file)).toBeNull();
    const logged = loggedNetwork();
    const times = [310, 311, 312].map((after) => T0 / 1_000 + after);
    const evidence = bundleOf(logged, story(logged), {
      prove: (record, behind) => logRecord(record, times, behind),
      seenNotes: [],
    });
    const proofOf = (report: Parameters<typeof logRecord>[0]) => logRecord(report, times).proof;
    const report = verify(reportFile(logged, [evidence], undefined, proofOf), logged.root);
    expect(report.checks.filter(({ ok }) => !ok)).toEqual([]);
    expect(report.checks.map(({ code }) => code)).toEqual(Object.keys(REPORT_CHECKS));
    expect(report.checks.at(-1)?.detail).toContain('by 2026-01-31T12:05:11.000Z');
    // Witnesses that saw it a quarter of an hour before it says it was made.
    const early = times.map((time) => time - 900);
    const backdated = (envelope: Parameters<typeof logRecord>[0]) =>
      logRecord(envelope, early).proof;
    const lie = verify(reportFile(logged, [evidence], undefined, backdated), logged.root);
    expect(lie.checks.find(({ ok }) => !ok)?.code).toBe('time.bracket');
  });

  it('of before there was maintenance still passes', () => {
    const old = restated((p) => {
      const { maintenanceMs, ...time } = p.time;
      expect(maintenanceMs).toBe(0);
      return { ...p, time, policy: { ...p.policy, excluded: 'unknown-and-unmeasured' } };
    });
    expect(failed(old)).toBeNull();
  });

  it('is told from a bundle by its media type', () => {
    expect([isReportFile(file), isReportFile(bundle)]).toEqual([true, false]);
    expect(isReportFile(Uint8Array.of(0xff))).toBe(false);
    const options = { verifier: nodeVerifier };
    expect(verifyBundle(file, net.root, options).malformed).toBe(true);
    expect(verifyReport(bundle, net.root, options).malformed).toBe(true);
  });
});

describe('a report that the coordinator signed, and that is not so', () => {
  const longer = (time: Partial<UptimePredicate['time']>) => (p: UptimePredicate) => ({
    ...p,
    time: { ...p.time, ...time },
  });
  it.each<[string, CheckCode, (p: UptimePredicate) => UptimePredicate]>([
    ['a figure one part per million up', 'report.figure', withFigure({ availabilityPpm: 886_793 })],
    [
      'a figure one part per million down',
      'report.figure',
      withFigure({ availabilityPpm: 886_791 }),
    ],
    ['no figure', 'report.figure', withFigure({ availabilityPpm: null })],
    ['another base', 'report.figure', withFigure({ countedMs: 530_001 })],
    ['another down time in the figure', 'report.figure', withFigure({ downMs: 59_999 })],
    ['a millisecond of down time less', 'report.figure', longer({ downMs: 59_999, upMs: 430_001 })],
    ['a millisecond that is nowhere', 'report.figure', longer({ upMs: 429_999 })],
    ['a millisecond twice', 'report.figure', longer({ unmeasuredMs: 10_001 })],
    ['another end of the incident', 'report.figure', withIncident({ resolvedAt: at(T0 + 60_000) })],
    ['an incident that is still open', 'report.figure', withIncident({ resolvedAt: null })],
    ['another beginning of the incident', 'report.figure', withIncident({ openedAt: at(T0) })],
    ['a shorter incident', 'report.figure', withIncident({ downMs: 1 })],
    ['a partial incident', 'report.figure', withIncident({ partialMs: 1 })],
    ['an earlier period', 'report.figure', (p) => ({ ...p, to: at(T0) })],
    ['a period into the future', 'report.figure', (p) => ({ ...p, recordedAt: at(T0 + 299_999) })],
    ['no incident', 'report.incidents', (p) => ({ ...p, incidents: [] })],
    [
      'another incident',
      'report.incidents',
      withIncident({ incident: '019c13d1-0000-7000-8000-000000000001' }),
    ],
    [
      'fewer records',
      'report.incidents',
      (p) => withRecords(p, p.incidents[0]!.records.slice(0, 1)),
    ],
    ['another monitor', 'report.incidents', (p) => ({ ...p, monitor: 'other' })],
    ['another network', 'report.signature', (p) => ({ ...p, network: 'rival' })],
    [
      'an unknown key ring',
      'report.signature',
      (p) => ({ ...p, keyring: { ...p.keyring, version: 2 } }),
    ],
    [
      'another key ring',
      'report.signature',
      (p) => ({ ...p, keyring: { version: 1, digest: '00'.repeat(32) } }),
    ],
    [
      'a time before its key ring',
      'report.signature',
      (p) => ({ ...p, recordedAt: at(T0 - 100 * 86_400_000) }),
    ],
  ])('%s: %s', (_, code, change) => {
    expect(failed(restated(change))).toBe(code);
  });

  it('leaves an incident out: the file cannot tell, and only the log can', () => {
    const without = reportFile(net, []);
    expect(failed(without)).toBeNull();
    expect(verify(without).statement?.predicate.figure.availabilityPpm).toBe(1_000_000);
  });
});

function withFigure(figure: Partial<UptimePredicate['figure']>) {
  return (p: UptimePredicate) => ({ ...p, figure: { ...p.figure, ...figure } });
}
function withIncident(change: Partial<UptimePredicate['incidents'][number]>) {
  return (p: UptimePredicate) => ({
    ...p,
    incidents: p.incidents.map((each) => ({ ...each, ...change })),
  });
}
function withRecords(p: UptimePredicate, records: string[]): UptimePredicate {
  return { ...p, incidents: p.incidents.map((each) => ({ ...each, records })) };
}

describe('a report that somebody changed', () => {
  it.each<[string, CheckCode, (value: ReportFile) => ReportFile]>([
    ['an incident removed', 'report.incidents', (f) => ({ ...f, incidents: [] })],
    [
      'an incident doubled',
      'report.incidents',
      (f) => ({ ...f, incidents: [f.incidents[0]!, f.incidents[0]!] }),
    ],
    [
      'a vote removed',
      'report.incidents',
      (f) => ({ ...f, incidents: [{ ...f.incidents[0]!, votes: f.incidents[0]!.votes.slice(1) }] }),
    ],
    [
      'the latest record of an incident removed',
      'report.incidents',
      (f) => ({
        ...f,
        incidents: [{ ...f.incidents[0]!, incident: f.incidents[0]!.chain[0]!, chain: [] }],
      }),
    ],
    [
      'signed by a stranger',
      'report.signature',
      (f) => ({ ...f, report: signReport(uptimeOf(f), signerOf('x')) }),
    ],
    [
      'an incident record as the report',
      'report.signature',
      (f) => ({ ...f, report: signSteps(steps)[0]! }),
    ],
    ['a log proof that nobody can check', 'log.inclusion', (f) => ({ ...f, tlogProof: 'x' })],
    ['no key ring', 'report.format', (f) => ({ ...f, keyrings: [] })],
    ['an unknown field', 'report.format', (f) => ({ ...f, extra: 1 })],
  ])('%s: %s', (_, code, change) => {
    expect(failed(canonicalBytes(change(parsed())))).toBe(code);
  });

  it('in one byte is refused', { timeout: 120_000 }, () => {
    fc.assert(
      fc.property(fc.nat(file.length - 2), fc.integer({ min: 1, max: 255 }), (position, mask) => {
        const changed = file.slice();
        changed[position]! ^= mask;
        expect(verify(changed).passed).toBe(false);
      }),
      { numRuns: 500 },
    );
  });
});

const uptimeOf = ({ report }: ReportFile): UptimePredicate =>
  (JSON.parse(atob(report.payload)) as { predicate: UptimePredicate }).predicate;

describe('what stands beside an incident', () => {
  it('does not move its time: rounds that say up inside it count for nothing', () => {
    expect(SPANS.some(({ verdict, toMs }) => verdict === 'up' && toMs > T0 + 60_400)).toBe(true);
    expect(verify(file).statement?.predicate.time.downMs).toBe(60_000);
  });
});
