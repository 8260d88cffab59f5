/** A policy engine over HTTP that answers as documented, and in every other way. */
import { DEFAULT_STAGES } from '@trustmonitor/alerting';
import { GATE_RULES, type GateFacts } from '@trustmonitor/protocol';
import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { askOpa } from '../../src/gate/opa.ts';
import { judgeFacts } from '../../src/gate/policy.ts';
import { policyServer, type PolicyAnswer } from '../support/policy-server.ts';

const thresholds = DEFAULT_STAGES['production']!;
const FACTS: GateFacts = {
  ...{ service: 'shop', stage: 'production', version: 'v1', logSize: null, latency: null },
  at: '2026-01-31T12:00:00.000Z',
  monitors: [{ monitor: 'shop', verdict: 'up', decidedMsAgo: 9, staleAfterMs: 60_000 }],
  ...{ disabledMonitors: [], incidents: [], incidentsHeld: false, objectives: [] },
};
const ask = (url: string, limitMs?: number) =>
  askOpa({ url, token: 's3cret' }, { ...FACTS, thresholds }, limitMs);

test('is asked as the Data API has it, and its answer stands', async () => {
  const { url, asked, answer } = await policyServer();
  answer({ body: { result: { allow: true, helper: 1 }, decision_id: 'd-1' } });
  expect(await ask(url)).toEqual({ decided: true, allow: true, reasons: [], decisionId: 'd-1' });
  expect(asked).toEqual([
    {
      ...{ method: 'POST', path: '/v1/data/trustmonitor/gate', authorization: 'Bearer s3cret' },
      body: { input: { ...FACTS, thresholds } },
    },
  ]);
  const said = ['not on\nFridays', `half \ud83d a pair`, 'x'.repeat(5_000)];
  answer({ body: { result: { allow: false, reasons: said } } });
  const { judgement, fault } = await judgeFacts(FACTS, thresholds, {
    url: `${url}?token=hidden`,
    token: null,
  });
  expect(fault).toBeNull();
  expect(judgement).toMatchObject({
    ...{ outcome: 'refused', rules: [] },
    policy: { kind: 'opa', url, decisionId: null },
    reasons: ['not on Fridays', 'half \ufffd a pair', `${'x'.repeat(999)}…`],
  });
  answer({ body: { result: { allow: false } } });
  const silent = await judgeFacts(FACTS, thresholds, { url, token: null });
  expect(silent.judgement.reasons).toEqual(['the policy gave no reason']);
});

test.each<[string, string, PolicyAnswer]>([
  ['an undefined decision', 'undefined', { body: {} }],
  ['a bare yes', 'malformed', { body: { result: true } }],
  ['a yes as a text', 'malformed', { body: { result: { allow: 'true' } } }],
  ['no verdict', 'malformed', { body: { result: { reasons: [] } } }],
  [
    'a yes with reasons against it',
    'malformed',
    { body: { result: { allow: true, reasons: ['no'] } } },
  ],
  ['no JSON', 'malformed', { raw: '<html>' }],
  [
    'an answer without end',
    'malformed',
    { raw: `{"result":{"allow":true}}${' '.repeat(300_000)}x` },
  ],
  ['nothing at all', 'malformed', { raw: '' }],
  ['a fault', 'status', { status: 500, body: { result: { allow: true } } }],
  ['a wrong token', 'status', { status: 401, body: { result: { allow: true } } }],
  [
    'a redirect',
    'status',
    { status: 307, location: '/elsewhere', body: { result: { allow: true } } },
  ],
  ['a connection that breaks', 'unreachable', { fault: 'reset' }],
  ['silence', 'timeout', { fault: 'hang' }],
  ['half an answer', 'timeout', { fault: 'half' }],
])('%s leaves the gate closed (%s)', async (_what, fault, how) => {
  const { url, asked, answer } = await policyServer();
  answer(how);
  const found = await ask(url, fault === 'timeout' ? 100 : 10_000);
  expect(found).toMatchObject({ decided: false, fault, reason: expect.stringContaining('OPA') });
  expect(asked).toHaveLength(1);
});

test('what is signed never holds the token, whatever fetch says of it', async () => {
  const { url } = await policyServer();
  const token = 'line\nbreak';
  const found = await askOpa({ url, token }, { ...FACTS, thresholds });
  expect(found).toMatchObject({ decided: false, fault: 'unreachable' });
  expect(JSON.stringify(found)).not.toMatch(/line.*break/);
});

test('nobody there leaves it closed, and so does a service that nobody watches', async () => {
  const gone = { url: 'http://127.0.0.1:9/v1/data/trustmonitor/gate', token: null };
  const away = await judgeFacts(FACTS, thresholds, gone);
  expect(away).toMatchObject({
    fault: 'unreachable',
    judgement: {
      outcome: 'indeterminate',
      reasons: [expect.stringContaining('cannot be reached')],
    },
  });
  const { url, asked } = await policyServer();
  const unwatched = await judgeFacts({ ...FACTS, monitors: [] }, thresholds, { url, token: null });
  expect(unwatched.judgement).toMatchObject({ outcome: 'refused', policy: { kind: 'built-in' } });
  expect(asked).toEqual([]);
});

test('the shipped policy and the page know every rule', async () => {
  const root = new URL('../../../../', import.meta.url);
  const [rego, tests, page] = await Promise.all(
    ['deploy/policy/gate.rego', 'deploy/policy/gate_test.rego', 'docs/gate.md'].map((path) =>
      readFile(new URL(path, root), 'utf8'),
    ),
  );
  for (const rule of GATE_RULES) {
    expect(rego).toContain(`"${rule}: `);
    expect(tests).toContain(`"${rule}")`);
    expect(page).toContain(`| \`${rule}\``);
  }
});
