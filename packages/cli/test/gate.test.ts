/** The gate from the command line, its decisions as a document, and the auditor's eye on them. */
import { canonicalBytes, signGate, type Signer } from '@trustmonitor/evidence';
import { generateSigner } from '@trustmonitor/evidence/node';
import type { GateDecision, GatePredicate, IncidentPredicate } from '@trustmonitor/protocol';
import { expect, test } from 'vitest';
import { GateDecisions } from '../src/audit/decisions.ts';
import { Findings } from '../src/audit/report.ts';
import { EXIT } from '../src/exit.ts';
import { problem, tmWith } from './fake-api.ts';

const ID = '01980f5e-2b7c-7d3a-9c41-5f0e8a6b2d17';
const OTHER = '01980f5e-2b7c-7d3a-9c41-5f0e8a6b2d18';
const signer = generateSigner();

const PREDICATE: GatePredicate = {
  ...{ network: 'local', decision: ID, recordedAt: '2026-01-31T12:00:00.000Z' },
  keyring: { version: 1, digest: '00'.repeat(32) },
  facts: {
    ...{ service: 'checkout', stage: 'canary', version: 'v2|`x`', at: '2026-01-31T12:00:00.000Z' },
    ...{ logSize: 40, disabledMonitors: ['asleep'], incidentsHeld: false },
    monitors: [{ monitor: 'shop', verdict: 'down', decidedMsAgo: 9, staleAfterMs: 60_000 }],
    incidents: [
      { incident: OTHER, monitor: 'shop', kind: 'down', openedAt: '2026-01-31T11:00:00.000Z' },
    ],
    latency: { p99Us: 112_400, samples: 27, windowMs: 120_000, widened: true },
    objectives: [
      {
        ...{ objective: 'paid', sli: 'availability', budgetLeftPpm: -25_000 },
        ...{ burnRateMilli: 14_400, burnWindowMs: 3_600_000 },
      },
    ],
  },
  thresholds: {
    ...{ maxOpenIncidents: 0, minBudgetLeftPpm: 100_000 },
    ...{ maxBurnRateMilli: 2_000, maxP99Us: 1_000_000 },
  },
  policy: { kind: 'built-in', version: 1 },
  ...{ outcome: 'refused', reasons: ['incidents.open: 1 incident open <b>'] },
  rules: [{ rule: 'incidents.open', result: 'failed', detail: '1 incident open' }],
};

function decisionOf(changes: Partial<GatePredicate> = {}, by: Signer = signer): GateDecision {
  const predicate = { ...PREDICATE, ...changes };
  const { facts, outcome, reasons, policy, thresholds, rules, recordedAt } = predicate;
  return {
    ...{ id: predicate.decision, service: facts.service, stage: facts.stage, outcome, reasons },
    ...{ policy, facts, thresholds, rules, decidedAt: recordedAt },
    ...signGate(predicate, by),
  };
}

test.each<[string, number, Partial<GatePredicate>]>([
  ['allowed', EXIT.ok, { outcome: 'allowed', reasons: [] }],
  ['refused', EXIT.failed, {}],
  ['indeterminate', EXIT.indeterminate, { outcome: 'indeterminate' }],
])('a deployment that is %s ends with exit code %i', async (word, code, changes) => {
  const args = ['gate', '-s', 'checkout', '--stage', 'canary', '--release', 'v2'];
  const ran = await tmWith(args, () => ({ body: decisionOf(changes) }));
  expect(ran.code).toBe(code);
  expect(ran.stdout).toContain(`\n${word.toUpperCase()}: checkout to canary\n`);
  expect(ran.stdout).toMatch(/^Open incidents +1: shop \(down\); at most 0$/m);
  expect(ran.stdout).toMatch(/^Monitors +1: 1 down \(and 1 disabled\)$/m);
  expect(ran.stdout).toMatch(/^Budget left +paid -2\.5 %; at least 10 %$/m);
  expect(ran.stdout).toMatch(/^Burn rate +paid 14\.4 over 1h; at most 2$/m);
  expect(ran.stdout).toMatch(
    /^p99 latency +112 ms of 27 probes in the last 2m, as 30s are too short;/m,
  );
  expect(ran.stdout).toMatch(/^incidents\.open +failed +1 incident open$/m);
  expect(ran.stderr).toContain(`Decision ${ID}, signed: `);
  const { asked } = ran;
  expect(asked.map(({ method, url, body }) => [method, url, body])).toEqual([
    ['POST', '/v1/gate', { service: 'checkout', stage: 'canary', version: 'v2' }],
  ]);
});

test('another policy is named with its reasons, and what is no decision is no leave', async () => {
  const policy = { kind: 'opa', url: 'http://opa/v1/data/g', decisionId: null } as const;
  const changes = { policy, rules: [], reasons: ['frozen\u001b[31m'] };
  const ran = await tmWith(['gate', '-s', 'checkout'], () => ({ body: decisionOf(changes) }));
  expect(ran.stdout).toContain('OPA at http://opa/v1/data/g says:\nfrozen');
  expect(ran.stdout).not.toContain('\u001b[31m');
  const noStage = await tmWith(['gate', '-s', 'c'], () => problem(422, 'input.invalid'));
  expect(noStage.code).toBe(EXIT.usage);
  const other = await tmWith(['gate', '-s', 'c'], () => ({ body: { outcome: 'allowed' } }));
  expect(other.code).not.toBe(EXIT.ok);
});

test('decisions become Markdown, read from what was signed, with who asked', async () => {
  const lied = { ...decisionOf({ decision: OTHER }), outcome: 'allowed' as const };
  const unreadable = { ...decisionOf(), id: OTHER, envelope: decisionOf().envelope };
  unreadable.envelope = {
    ...unreadable.envelope,
    payload: Buffer.from(canonicalBytes({ a: 1 })).toString('base64'),
  };
  const answer = ({ url }: { url: string }) => {
    if (url.startsWith('/v1/audit')) return problem(403, 'auth.forbidden');
    return { body: { data: [decisionOf(), lied, unreadable], nextCursor: null } };
  };
  const args = ['audit', '-s', 'checkout', '--from', '2026-01-01', '--to', '2026-02-01'];
  const ran = await tmWith(args, answer);
  expect(ran.stdout).toContain(
    '# Decisions of the gate\n\nService checkout, 2026-01-01 00:00:00Z to 2026-02-01 00:00:00Z, network local.\n',
  );
  expect(ran.stdout).toContain(
    '3 decisions: 0 allowed, 2 refused, 0 indeterminate. Signatures were not checked.',
  );
  expect(ran.stdout).toContain(
    '| 2026-01-31 12:00:00Z | checkout | canary | v2\\|\\`x\\` | refused | - |',
  );
  expect(ran.stdout).toContain('- incidents.open: 1 incident open \\<b\\>');
  expect(ran.stdout).toContain('- Signature: **does not verify**');
  // One that nobody can read is bad also where no signature is checked.
  expect(ran.code).toBe(EXIT.failed);
  expect(ran.stderr).toContain('who asked is left out');
  const entry = {
    ...{ id: ID, at: PREDICATE.recordedAt, actor: 'ci*', action: 'gate.decided', requestId: 'r-1' },
    ...{ subject: 'checkout', detail: { decision: ID }, address: null, before: null, after: null },
  };
  const told = await tmWith(args, ({ url }) => ({
    body: { data: [url.startsWith('/v1/audit') ? entry : decisionOf()], nextCursor: null },
  }));
  expect(told.stdout).toContain('- Asked by: ci\\*, request `r-1`');
  expect(told.code).toBe(EXIT.ok);
  const [decisions, entries] = told.asked.map(({ url }) => new URL(url, 'http://x'));
  expect([decisions!.pathname, entries!.pathname]).toEqual(['/v1/gate/decisions', '/v1/audit']);
  // No more of the history is read than the period asks for.
  expect(Object.fromEntries(entries!.searchParams)).toMatchObject({
    ...{ subject: 'checkout', action: 'gate.decided' },
    ...{ from: '2025-12-31T23:50:00.000Z', to: '2026-02-01T00:10:00.000Z' },
  });
});

test('the auditor finds a decision by an old size of the log, or of another time', () => {
  const told = (logSize: number, at: string, recordedAt = at) => {
    const findings = new Findings();
    const decisions = new GateDecisions(findings);
    const record = (index: number, minute: string) =>
      decisions.noteRecord(index, {
        ...{ incident: `i${index}`, monitor: 'elsewhere', resolvedAt: null },
        recordedAt: `2026-01-31T12:${minute}:00.000Z`,
      } as IncidentPredicate);
    record(10, '00');
    record(20, '10');
    const facts = { ...PREDICATE.facts, logSize, at: `2026-01-31T12:${at}:00.000Z`, monitors: [] };
    const decided = `2026-01-31T12:${recordedAt}:00.000Z`;
    decisions.add(40, { ...PREDICATE, recordedAt: decided, facts });
    decisions.finish();
    return findings.list().map(({ ok, detail }) => (ok ? 'sound' : detail));
  };
  expect(told(40, '20')).toEqual(['sound']);
  expect(told(21, '20')).toEqual(['sound']);
  // Clocks differ, and a record is in the log a moment after its time.
  expect(told(20, '11')).toEqual(['sound']);
  expect(told(20, '13')).toEqual([expect.stringContaining('20 leaves, without leaf 20')]);
  expect(told(5, '20')).toEqual([expect.stringContaining('5 leaves, without leaf 10')]);
  expect(told(20, '05')).toEqual([expect.stringContaining('dated before leaf 20')]);
  expect(told(40, '20', '25')).toEqual([expect.stringContaining('of another time')]);
});

test('the auditor finds a decision that leaves out what was open after its leaves', () => {
  const told = (logSize: number | null, named: readonly string[], monitors = ['shop']) => {
    const findings = new Findings();
    const decisions = new GateDecisions(findings);
    const record = (index: number, incident: string, resolvedAt: string | null) =>
      decisions.noteRecord(index, { incident, monitor: 'shop', resolvedAt } as IncidentPredicate);
    record(10, 'A', null);
    record(12, 'A', null);
    record(20, 'A', 'then');
    record(25, 'A', 'then');
    record(30, 'B', null);
    const { facts } = PREDICATE;
    const incidents = named.map((incident) => ({ ...facts.incidents[0]!, incident }));
    const asked = monitors.map((monitor) => ({ ...facts.monitors[0]!, monitor }));
    decisions.add(40, {
      ...PREDICATE,
      facts: { ...facts, logSize, incidents, monitors: asked, disabledMonitors: [] },
    });
    decisions.finish();
    return findings.list().map(({ ok, detail }) => `${ok} ${detail}`);
  };
  const sound = ['true 1 decision, each with all incidents then open'];
  const leavesOut = (incident: string) => [
    `false leaf 40: it leaves out incident ${incident} of shop, which was open`,
  ];
  expect(told(10, [])).toEqual(sound);
  expect(told(11, [])).toEqual(leavesOut('A'));
  expect(told(11, ['A'])).toEqual(sound);
  expect(told(20, [])).toEqual(leavesOut('A'));
  expect(told(21, [])).toEqual(sound);
  expect(told(31, ['A'])).toEqual(leavesOut('B'));
  expect(told(31, [], ['other'])).toEqual(sound);
  expect(told(41, ['B'])[0]).toContain('the log had 41 leaves before it');
  expect(told(null, [])[0]).toContain('the log had no leaves');
});
