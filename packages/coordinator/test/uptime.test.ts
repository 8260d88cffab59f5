/** Signed reports of uptime: what a stranger gets, and whether it verifies. */
import { canonicalBytes, verifyReport, type TrustedKeyRing } from '@trustmonitor/evidence';
import { generateSigner, nodeVerifier } from '@trustmonitor/evidence/node';
import type {
  AuditResource,
  ReportFile,
  RootFile,
  UptimePredicate,
  Verdict,
} from '@trustmonitor/protocol';
import { readFile } from 'node:fs/promises';
import { beforeEach, describe, expect, test } from 'vitest';
import { SYSTEM } from '../src/store/audit.ts';
import { selectLogEntries, selectLogTree, selectLoggedEnvelope } from '../src/store/log.ts';
import { selectVerdictSpans } from '../src/store/reports.ts';
import { insertRounds } from '../src/store/rounds.ts';
import { makeReport, type ReportingParts } from '../src/uptime/make-report.ts';
import { insertMonitor, newId, roundRow } from './store/rows.ts';
import { testStore } from './support/database.ts';
import type { List } from './support/api-client.ts';
import { testNetwork } from './support/network.ts';
import { IN_VAIN_MS, until } from './support/until.ts';

const { database } = await testStore();
const network = await testNetwork();
await network.start();
const { api } = network;
beforeEach(() => network.showLogsOnFailure());

const path = (id: string, fromMs: number, toMs: number) =>
  `/v1/monitors/${id}/report?from=${new Date(fromMs).toISOString()}&to=${new Date(toMs).toISOString()}`;

/** A period that ends now can be had as soon as it is settled. */
const reportOf = (id: string, fromMs: number, toMs: number) =>
  until(
    'the period to be settled',
    async () => {
      const answer = await api.call<ReportFile>('GET', path(id, fromMs, toMs));
      return answer.status === 422 ? null : answer;
    },
    15_000,
    IN_VAIN_MS,
  );

async function verified(text: string): Promise<UptimePredicate> {
  const root = JSON.parse(await readFile(network.keys.rootFile, 'utf8')) as RootFile;
  const report = verifyReport(new TextEncoder().encode(text), root, { verifier: nodeVerifier });
  expect(report.checks.filter(({ ok }) => !ok)).toEqual([]);
  if (report.statement === null) throw new Error('not verified');
  return report.statement.predicate;
}

describe('a report', () => {
  test('states what the incidents and rounds of the period say, and verifies', async () => {
    const startedMs = Date.now();
    network.voteAll('shop', 'up');
    await api.create('shop');
    await api.verdict('shop', 'up');
    network.voteAll('shop', 'down');
    const { id } = await api.incidentOf('shop', 'open');
    network.voteAll('shop', 'up');
    await api.incidentOf('shop', 'resolved');
    await api.verdict('shop', 'up');
    const [fromMs, toMs] = [startedMs - 60_000, Date.now()];

    const answer = await reportOf('shop', fromMs, toMs);
    expect(answer.status).toBe(200);
    expect(answer.type).toContain('application/vnd.trustmonitor.report.v1+json');
    const { time, figure, incidents, rounds } = await verified(answer.text);
    const { openedAt, resolvedAt, records } = await api.incident(id);
    const downMs = Date.parse(resolvedAt!) - Date.parse(openedAt);
    expect(incidents).toEqual([
      {
        incident: id,
        openedAt,
        resolvedAt,
        downMs,
        partialMs: 0,
        records: records.map((r) => r.digest),
      },
    ]);
    expect([time.downMs, figure.downMs]).toEqual([downMs, downMs]);
    expect(time.upMs).toBeGreaterThan(0);
    expect(time.unmeasuredMs).toBeGreaterThanOrEqual(60_000);
    expect(figure.countedMs).toBe(toMs - fromMs - time.unmeasuredMs - time.unknownMs);
    expect(rounds).toBeGreaterThan(3);

    // Whoever asks again gets the same bytes, whatever happened since; it was signed once.
    expect((await api.call('GET', path('shop', fromMs, toMs))).text).toBe(answer.text);
    const { data } = await api.get<List<AuditResource>>('/v1/audit?action=report.signed');
    expect(data).toHaveLength(1);

    // A part of it, from within the incident, by an incident that goes on.
    network.voteAll('shop', 'down');
    const open = await api.incidentOf('shop', 'open');
    const untilMs = Math.max(Date.now(), Date.parse(open.openedAt) + 1);
    const part = await reportOf('shop', Date.parse(openedAt) + 1, untilMs);
    const clipped = await verified(part.text);
    expect(clipped.incidents.map(({ incident }) => incident)).toEqual([id, open.id]);
    expect(clipped.incidents[0]?.downMs).toBe(downMs - 1);
    expect(clipped.incidents[1]).toMatchObject({
      resolvedAt: null,
      downMs: untilMs - Date.parse(open.openedAt),
    });
    // Records that came later do not change it.
    network.voteAll('shop', 'up');
    await until(
      'it to be resolved',
      async () => (await api.incident(open.id)).state === 'resolved',
    );
    const again = await api.call('GET', path('shop', Date.parse(openedAt) + 1, untilMs));
    expect(again.text).toBe(part.text);

    const changed = JSON.parse(part.text) as ReportFile;
    const root = JSON.parse(await readFile(network.keys.rootFile, 'utf8')) as RootFile;
    const without = canonicalBytes({ ...changed, incidents: changed.incidents.slice(1) });
    const refused = verifyReport(without, root, { verifier: nodeVerifier });
    expect(refused.checks.find(({ ok }) => !ok)?.code).toBe('report.incidents');
  });

  test.each([
    ['into the future', 0, 3_600_000, 422, 'input.invalid', '/to'],
    ['that ends before it begins', -1_000, -2_000, 422, 'input.invalid', '/to'],
    ['longer than any', -6 * 366 * 86_400_000, -10_000, 422, 'input.invalid', '/to'],
  ])('%s is refused', async (_, from, to, status, code, pointer) => {
    await api.create('quiet', { enabled: false });
    const nowMs = Date.now();
    const answer = await api.call('GET', path('quiet', nowMs + from, nowMs + to));
    expect([answer.status, answer.body.code, answer.body.errors[0]?.pointer]).toEqual([
      status,
      code,
      pointer,
    ]);
  });

  test('of nothing says so, and one of what is dropped is gone', async () => {
    await api.create('idle', { enabled: false });
    const nowMs = Date.now();
    const empty = await api.call('GET', path('idle', nowMs - 100_000, nowMs - 50_000));
    const { time, figure } = await verified(empty.text);
    expect([time.unmeasuredMs, figure.availabilityPpm]).toEqual([50_000, null]);
    await network.sql.rows(
      "update monitor set created_at = now() - interval '1 year' where id = 'idle'",
    );
    const gone = await api.call('GET', path('idle', nowMs - 20 * 86_400_000, nowMs - 50_000));
    expect([gone.status, gone.body.code]).toEqual([410, 'gone']);
    expect((await api.call('GET', path('nobody', nowMs - 100_000, nowMs - 50_000))).status).toBe(
      404,
    );
  });
});

describe('what it is made of', () => {
  test('verdicts stand until the next round, and for two intervals at most', async () => {
    await insertMonitor(database, 'checkout');
    const t0 = Date.UTC(2026, 0, 31, 12);
    const round = (afterS: number, verdict: Verdict) => {
      const closedAtMs = t0 + afterS * 1_000;
      return roundRow({
        id: newId(closedAtMs - 9),
        openedAtMs: closedAtMs - 9,
        closedAtMs,
        verdict,
      });
    };
    await insertRounds(database, [
      round(-30, 'up'),
      round(10, 'up'),
      round(40, 'down'),
      round(41, 'up'),
      // Two intervals are 60 s.
      round(200, 'unknown'),
      round(290, 'up'),
    ]);
    const period = { fromMs: t0, toMs: t0 + 300_000 };
    const spans = await selectVerdictSpans(database, 'checkout', period, 2);
    expect(spans.map((s) => [s.verdict, (s.fromMs - t0) / 1_000, (s.toMs - t0) / 1_000])).toEqual([
      ['up', 0, 40],
      ['down', 40, 41],
      ['up', 41, 101],
      ['unknown', 200, 260],
      ['up', 290, 300],
    ]);
  });

  test('a report is a leaf of the log, and its document is served', async () => {
    const ring = { version: 1, digest: '00'.repeat(32) } as TrustedKeyRing;
    const parts: ReportingParts = {
      database,
      keyRings: { current: { ring }, refresh: () => Promise.resolve(false) },
      signer: generateSigner(),
      clock: Date.now,
      network: 'test',
      isLogged: true,
    };
    const t0 = Date.UTC(2026, 0, 31, 12);
    const period = { fromMs: t0, toMs: t0 + 300_000 };
    const request = { monitor: 'checkout', revision: 1, period, actor: SYSTEM };
    const [one, two] = await Promise.all([makeReport(request, parts), makeReport(request, parts)]);
    expect(two).toEqual(one);
    expect((await selectLogTree(database)).size).toBe(1);
    expect(await selectLogEntries(database, 0, 9)).toMatchObject([
      { index: 0, kind: 'report', digest: one.digest },
    ]);
    expect(await selectLoggedEnvelope(database, one.digest)).toEqual(one.envelope);
  });
});
