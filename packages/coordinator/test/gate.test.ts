/** The gate over the API: what it decides, what it writes down, and who may ask. */
import { DEFAULT_STAGES } from '@trustmonitor/alerting';
import {
  parseGateStatement,
  verifyKeyRings,
  verifySoleSignature,
  type TrustedKeyRing,
} from '@trustmonitor/evidence';
import { generateSigner, nodeVerifier } from '@trustmonitor/evidence/node';
import {
  PAYLOAD_TYPES,
  type AuditResource,
  type CreatedToken,
  type Envelope,
  type GateDecision,
  type RootFile,
} from '@trustmonitor/protocol';
import { readFile } from 'node:fs/promises';
import { beforeEach, describe, expect, test, vi } from 'vitest';
import { askGate, type GateParts } from '../src/gate/gate.ts';
import { FLEET_KEPT_MS, objectivesOf } from '../src/gate/objectives.ts';
import { Kept } from '../src/kept.ts';
import { objectivesAbout } from '../src/slo/objectives.ts';
import { GateStats } from '../src/gate/stats.ts';
import { SYSTEM } from '../src/store/audit.ts';
import { selectGateView, selectLatencyDelta } from '../src/store/gate.ts';
import { selectLevelledMonitors } from '../src/store/slos.ts';
import { selectLogEntries, selectLogTree, selectLoggedEnvelope } from '../src/store/log.ts';
import { insertResults } from '../src/store/results.ts';
import { insertRounds } from '../src/store/rounds.ts';
import { batchOf, insertMonitor, newId, resultOf, roundRow } from './store/rows.ts';
import type { List } from './support/api-client.ts';
import { testStore } from './support/database.ts';
import { testNetwork } from './support/network.ts';
import { policyServer } from './support/policy-server.ts';
import { until } from './support/until.ts';

const { database } = await testStore();
const network = await testNetwork();
await network.start();
beforeEach(() => network.showLogsOnFailure());

const ask = (body: object, headers: Record<string, string> = {}) =>
  network.api.call<GateDecision>('POST', '/v1/gate', { body, headers });

async function ring(): Promise<TrustedKeyRing> {
  const root = JSON.parse(await readFile(network.keys.rootFile, 'utf8')) as RootFile;
  const path = '/.well-known/trustmonitor/keyring.json';
  return verifyKeyRings(await network.api.get<Envelope[]>(path), root, nodeVerifier);
}

const labels = { service: 'shop' };

describe('the gate', () => {
  test('allows what is well, refuses what is not, and signs both', async () => {
    const { api } = network;
    network.voteAll('shop', 'up');
    await api.create('shop', { labels });
    await api.create('asleep', { labels, enabled: false });
    // Nothing is known yet, or only just: that is no leave to go on.
    expect(['allowed', 'indeterminate']).toContain((await ask({ service: 'shop' })).body.outcome);
    await api.verdict('shop', 'up');
    const good = await until('it to be allowed', async () => {
      const { status, body } = await ask({ service: 'shop', stage: 'canary', version: 'v1' });
      expect(status).toBe(200);
      return body.outcome === 'allowed' ? body : null;
    });
    expect(good).toMatchObject({
      ...{
        service: 'shop',
        stage: 'canary',
        reasons: [],
        policy: { kind: 'built-in', version: 1 },
      },
      thresholds: DEFAULT_STAGES['canary'],
      facts: {
        ...{ version: 'v1', logSize: null, incidents: [], disabledMonitors: ['asleep'] },
        monitors: [{ monitor: 'shop', verdict: 'up' }],
        ...{ latency: { p99Us: expect.any(Number) }, incidentsHeld: false, objectives: [] },
      },
    });
    expect(good.rules.map(({ rule, result }) => [rule, result])).toEqual([
      ['service.monitored', 'passed'],
      ['monitoring.current', 'passed'],
      ['incidents.open', 'passed'],
      ['budget.left', 'skipped'],
      ['burn.rate', 'skipped'],
      ['latency.p99', 'passed'],
    ]);

    network.voteAll('shop', 'down');
    const incident = await api.incidentOf('shop', 'open');
    const { body: bad } = await ask({ service: 'shop' });
    expect(bad.outcome).toBe('refused');
    expect(bad.reasons[0]).toContain('incidents.open: 1 incident open, 0 allowed: shop (down)');
    expect(bad.facts.incidents).toEqual([
      { incident: incident.id, monitor: 'shop', kind: 'down', openedAt: incident.openedAt },
    ]);

    const keys = await ring();
    for (const { envelope, digest, facts, outcome } of [good, bad]) {
      const { payloadType } = envelope;
      expect(payloadType).toBe(PAYLOAD_TYPES.record);
      const opened = verifySoleSignature(
        envelope,
        payloadType,
        (kid) => keys.find(kid),
        nodeVerifier,
      );
      expect([opened.key.role, opened.digest]).toEqual(['coordinator-report', digest]);
      expect(parseGateStatement(opened.payload).predicate).toMatchObject({ facts, outcome });
    }
    const list = (query: string) => api.get<List<GateDecision>>(`/v1/gate/decisions?${query}`);
    expect((await list('service=shop&limit=1')).data).toEqual([bad]);
    expect((await list('outcome=allowed&limit=1')).data).toEqual([good]);
    expect(await api.get(`/v1/gate/decisions/${good.id}`)).toEqual(good);
    const audit = await api.get<List<AuditResource>>('/v1/audit?action=gate.decided&subject=shop');
    expect(audit.data[0]).toMatchObject({
      ...{ actor: 'admin', after: bad.digest },
      detail: { decision: bad.id, outcome: 'refused', reasons: bad.reasons, policy: 'built-in' },
    });
    expect((await api.call('GET', '/metrics')).text).toMatch(
      /^trustmonitor_gate_decisions_total\{outcome="refused"\} [1-9]/m,
    );
  });

  test('refuses a service that nobody watches, and does not know every stage', async () => {
    const { body } = await ask({ service: 'typo' });
    expect(body).toMatchObject({
      outcome: 'refused',
      reasons: ['service.monitored: no monitor has the label "service: typo"'],
    });
    for (const stage of ['canry', 'constructor']) {
      const { status, body: problem } = await ask({ service: 'shop', stage });
      expect([status, problem]).toMatchObject([
        422,
        { code: 'input.invalid', hint: expect.stringContaining('canary, production') },
      ]);
    }
  });

  test('is told of the objectives about its monitors, and of no others', async () => {
    network.voteAll('paid', 'up');
    await network.api.create('paid', { labels: { service: 'paid' }, slo: { target: 99.9 } });
    await network.api.create('unpaid', { enabled: false, slo: { target: 99 } });
    await network.api.verdict('paid', 'up');
    const paused = { labels: { service: 'paid' }, enabled: false, slo: { target: 99 } };
    await network.api.create('paid-old', paused);
    const { facts, rules } = (await ask({ service: 'paid' })).body;
    expect(facts.pausedObjectives).toEqual(['monitor:paid-old']);
    expect(facts.objectives).toMatchObject([{ objective: 'monitor:paid', sli: 'availability' }]);
    // It is measured by whole minutes: before the first one nobody knows.
    const budget = rules.find(({ rule }) => rule === 'budget.left');
    expect(['passed', 'unknown']).toContain(budget?.result);
  });

  test('decides once under one key, and for whoever may ask', async () => {
    const body = { name: 'ci gate', scopes: ['gate:ask'] };
    const { token } = (await network.api.call<CreatedToken>('POST', '/v1/tokens', { body })).body;
    const ci = network.api.as(token);
    const call = { body: { service: 'typo' }, headers: { 'idempotency-key': 'run-7' } };
    const first = await ci.call<GateDecision>('POST', '/v1/gate', call);
    const again = await ci.call<GateDecision>('POST', '/v1/gate', call);
    expect([first.status, again.body.id]).toEqual([200, first.body.id]);
    for (const path of ['/v1/gate/decisions', '/v1/monitors', '/v1/deployments', '/v1/audit']) {
      expect([path, (await ci.call('GET', path)).status]).toEqual([path, 403]);
    }
    expect((await network.api.as(null).call('POST', '/v1/gate', call)).status).toBe(401);
  });

  test('leaves it to a policy elsewhere, and stays closed while that is away', async () => {
    const { url, asked, answer } = await policyServer();
    const gate = { stages: DEFAULT_STAGES, opa: { url, token: 's3cret' } };
    await network.stop();
    await network.start({ gate });
    answer({ body: { result: { allow: true }, decision_id: 'd-1' } });
    const allowed = (await ask({ service: 'shop' })).body;
    expect(allowed).toMatchObject({
      ...{ outcome: 'allowed', rules: [], policy: { kind: 'opa', url, decisionId: 'd-1' } },
    });
    expect(asked).toMatchObject([
      { body: { input: { ...allowed.facts, thresholds: allowed.thresholds } } },
    ]);
    answer({ body: { result: { allow: false, reasons: ['frozen'] } } });
    expect((await ask({ service: 'shop' })).body).toMatchObject({
      ...{ outcome: 'refused', reasons: ['frozen'] },
    });
    answer({ status: 503, body: {} });
    expect((await ask({ service: 'shop' })).body).toMatchObject({
      outcome: 'indeterminate',
      reasons: ['OPA answered with status 503'],
    });
    expect((await network.api.call('GET', '/metrics')).text).toContain(
      'trustmonitor_gate_policy_faults_total{fault="status"} 1',
    );
    expect(JSON.stringify(await network.sql.rows('select * from gate_decision'))).not.toContain(
      's3cret',
    );
  });
});

describe('what it rests on', () => {
  test('incidents and the size of the log are of one moment; deleted monitors are left out', async () => {
    await insertMonitor(database, 'checkout');
    await database.query(
      `update monitor_revision set definition = jsonb_set(definition, '{labels}', '{"service":"pay"}')`,
    );
    expect(await selectGateView(database, 'service', 'nobody', 9)).toEqual({
      ...{ logSize: 0, monitors: [] },
    });
    expect((await selectGateView(database, 'service', 'pay', 9)).monitors).toMatchObject([
      { monitor: 'checkout', enabled: true, kind: 'http', decidedMsAgo: null, incident: null },
    ]);
  });

  test('objectives are its monitors’ own and those about several, and no more than can be named', async () => {
    await database.query(
      `insert into slo (id, definition)
       select 'about-' || n, jsonb_build_object(
                'id', 'about-' || n, 'name', n::text, 'alerts', null,
                'selector', '{"labels": {"service": "pay"}}'::jsonb,
                'level', '{"target": 99, "windowMs": 86400000, "partial": "bad"}'::jsonb)
         from generate_series(1, 1201) as n`,
    );
    const [checkout] = await selectLevelledMonitors(database, ['checkout']);
    // The fleet is there for who is selected: objectives of its own are nobody's question.
    const ownAsked = vi.fn(() => null);
    const other = Object.defineProperty({ ...checkout!, id: 'other' }, 'level', { get: ownAsked });
    const about = await objectivesAbout(database, ['checkout'], () =>
      Promise.resolve([checkout!, other]),
    );
    expect(about).toHaveLength(1_201);
    expect(
      about.every(({ members }) => members.map(({ id }) => id).join() === 'checkout,other'),
    ).toBe(true);
    expect(about.map(({ id }) => id)).toEqual(about.map(({ id }) => id).toSorted());
    expect(ownAsked).not.toHaveBeenCalled();

    const paused = [{ monitor: 'checkout', enabled: false }];
    const few = objectivesOf(database, paused, new Kept(1, FLEET_KEPT_MS), Date.now());
    await expect(few).rejects.toThrow('the service has 1201 objectives, more than 1200');
    await database.query('delete from slo');
  });

  test('latencies are of probes that succeeded, in rounds of the window', async () => {
    const nowMs = Date.now();
    const round = async (agoMs: number, totalUs: number, outcome: 'up' | 'down' = 'up') => {
      const closedAtMs = nowMs - agoMs;
      const id = newId(closedAtMs - 5);
      await insertRounds(database, [
        roundRow({ id, openedAtMs: closedAtMs - 5, closedAtMs, verdict: 'up' }),
      ]);
      const known = resultOf({ round: id });
      const result = resultOf({
        ...{ round: id, outcome, phases: { ...known.phases, totalUs } },
      });
      await insertResults(database, batchOf(result).rows);
    };
    await round(5_000, 100_000);
    await round(6_000, 100_000);
    await round(7_000, 9_000_000, 'down');
    await round(60_000, 5_000_000);
    const of = async (windowMs: number) =>
      (await selectLatencyDelta(database, ['checkout'], windowMs)).counts.map(({ count }) => count);
    expect(await of(30_000)).toEqual([2]);
    expect(await of(120_000)).toEqual([2, 1]);
    const { counts, monitors } = await selectLatencyDelta(database, ['other'], 120_000);
    expect([counts, monitors.size]).toEqual([[], 0]);
  });

  test('a decision is a leaf of the log, served by its digest, and never changed', async () => {
    const parts: GateParts = {
      ...{ database, network: 'test', isLogged: true, clock: Date.now, stats: new GateStats() },
      keyRings: {
        current: { ring: { version: 1, digest: '00'.repeat(32) } },
        refresh: () => Promise.resolve(false),
      },
      signer: generateSigner(),
      gate: { stages: DEFAULT_STAGES, opa: null },
      fleet: new Kept(1, FLEET_KEPT_MS),
    };
    const decision = await askGate({ service: 'pay' }, SYSTEM, parts);
    expect((await selectLogTree(database)).size).toBe(1);
    expect(await selectLogEntries(database, 0, 9)).toMatchObject([
      { index: 0, kind: 'decision', digest: decision.digest },
    ]);
    expect(await selectLoggedEnvelope(database, decision.digest)).toEqual(decision.envelope);
    await expect(database.query(`update gate_decision set outcome = 'allowed'`)).rejects.toThrow(
      'never changed',
    );
  });
});
