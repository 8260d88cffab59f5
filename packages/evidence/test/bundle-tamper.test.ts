import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Bundle, BundledVote, IncidentPredicate, RecordedVote } from '@trustmonitor/protocol';
import {
  canonicalBytes,
  canonicalText,
  decodeUtf8,
  encodeUtf8,
  verifyBundle,
  type CheckCode,
} from '@trustmonitor/evidence';
import { nodeVerifier } from '@trustmonitor/evidence/node';
import {
  FixtureAgents,
  POLICY,
  bundleOf,
  incidentFixture,
  predicateOf,
  resultOf,
  roundId,
  type FixtureStep,
} from './fixture/incident.ts';
import { AGENTS, REPORT, T0, at, keyRing, network, ringKey } from './fixture/network.ts';

/** Cases of a single changed byte; `TM_TAMPER_CASES=10000` runs them all. */
const CASES = Number(process.env['TM_TAMPER_CASES'] ?? 2_000);

const { net, steps, bytes } = incidentFixture();
const verify = (file: Uint8Array, root = net.root) =>
  verifyBundle(file, root, { verifier: nodeVerifier });

/** The code of the check that failed; null when all hold. */
function failed(file: Uint8Array, root = net.root): CheckCode | null {
  const report = verify(file, root);
  const failures = report.checks.filter(({ ok }) => !ok);
  expect(report.passed).toBe(failures.length === 0);
  expect(report.statement === null).toBe(!report.passed);
  expect(failures.length).toBeLessThanOrEqual(1);
  expect(failures[0]?.detail ?? '').not.toMatch(/could not be made/);
  return failures[0]?.code ?? null;
}

const bundle = () => JSON.parse(decodeUtf8(bytes)) as Bundle;
const written = (value: Bundle) => canonicalBytes(value);

describe('a bundle with one byte changed', () => {
  it(`is refused (${CASES} cases)`, { timeout: 600_000 }, () => {
    const change = fc.tuple(fc.nat(bytes.length - 2), fc.integer({ min: 1, max: 255 }));
    fc.assert(
      fc.property(change, ([position, mask]) => {
        const changed = bytes.slice();
        changed[position]! ^= mask;
        expect(verify(changed).passed).toBe(false);
      }),
      { numRuns: CASES },
    );
  });

  it('is refused with a byte removed, doubled or inserted', { timeout: 60_000 }, () => {
    const change = fc.tuple(fc.nat(bytes.length - 2), fc.constantFrom('remove', 'double', ' '));
    fc.assert(
      fc.property(change, ([position, how]) => {
        const kept = how === 'remove' ? 0 : 1;
        const more = how === 'double' ? [bytes[position]!] : how === ' ' ? [0x20] : [];
        const changed = [
          ...bytes.subarray(0, position + kept),
          ...more,
          ...bytes.subarray(position + 1),
        ];
        expect(verify(Uint8Array.from(changed)).passed).toBe(false);
      }),
      { numRuns: 200 },
    );
  });
});

describe('the file itself', () => {
  it('may or may not end with a line break, and with one at most', () => {
    expect(failed(bytes.subarray(0, -1))).toBeNull();
    expect(failed(encodeUtf8(`${decodeUtf8(bytes)}\n`))).toBe('bundle.format');
  });

  it.each([
    ['nothing', ''],
    ['no JSON', 'hello'],
    ['JSON of another kind', '{"mediaType":"application/json"}'],
    ['an array', '[]'],
    ['a number', '1'],
    ['null', 'null'],
  ])('is malformed when it holds %s', (_, text) => {
    expect(verify(encodeUtf8(text))).toMatchObject({ passed: false, malformed: true });
  });

  it('is malformed when it is not text', () => {
    expect(verify(Uint8Array.of(0x1f, 0x8b, 0x08)).malformed).toBe(true);
  });

  it.each([
    ['indented', () => encodeUtf8(JSON.stringify(bundle(), null, 2))],
    ['with an unknown field', () => canonicalBytes({ ...bundle(), extra: 1 })],
    ['without its votes', () => canonicalBytes({ ...bundle(), votes: undefined })],
  ])('is a bundle that does not verify when it is %s', (_, write) => {
    const file = write();
    expect(failed(file)).toBe('bundle.format');
    expect(verify(file).malformed).toBe(false);
  });
});

describe('what belongs to the bundle', () => {
  it.each<[string, CheckCode, (value: Bundle) => Bundle]>([
    ['a vote removed', 'votes.complete', (b) => ({ ...b, votes: b.votes.slice(1) })],
    ['a vote doubled', 'votes.complete', (b) => ({ ...b, votes: [...b.votes, b.votes[0]!] })],
    ['two votes swapped', 'votes.complete', (b) => ({ ...b, votes: swap(b.votes, 0, 5) })],
    [
      'a vote put in the place of another',
      'votes.inclusion',
      (b) => ({ ...b, votes: b.votes.with(0, b.votes[1]!) }),
    ],
    [
      "another result of the vote's batch",
      'votes.inclusion',
      (b) => withVote(b, { leaf: canonicalText(resultOf(AGENTS[0]!, { monitor: 'other' })) }),
    ],
    [
      'an audit path cut short',
      'votes.inclusion',
      (b) => withVote(b, { proof: b.votes[0]!.proof.slice(1) }),
    ],
    [
      'an audit path with more',
      'votes.inclusion',
      (b) => withVote(b, { proof: [...b.votes[0]!.proof, '00'.repeat(32)] }),
    ],
    ['the first record left out', 'record.chain', (b) => ({ ...b, chain: [] })],
    [
      'the records in another order',
      'record.chain',
      (b) => ({ ...b, incident: b.chain[0]!, chain: [b.incident] }),
    ],
    ['a record twice', 'record.chain', (b) => ({ ...b, chain: [b.chain[0]!, b.chain[0]!] })],
    [
      'the latest record left out',
      'votes.complete',
      (b) => ({ ...b, incident: b.chain[0]!, chain: [] }),
    ],
    ['no key ring', 'bundle.format', (b) => ({ ...b, keyrings: [] })],
    [
      'the key ring twice',
      'keyring.chain',
      (b) => ({ ...b, keyrings: [b.keyrings[0]!, b.keyrings[0]!] }),
    ],
    [
      'another definition',
      'record.subject',
      (b) => ({ ...b, definition: { ...b.definition, timeoutMs: 5_001 } }),
    ],
    ['a log proof that nobody can check', 'log.inclusion', (b) => ({ ...b, tlogProof: 'x' })],
    ['a note that nobody can check', 'log.inclusion', (b) => ({ ...b, seenNotes: ['x'] })],
  ])('%s: %s fails', (_, code, change) => {
    expect(failed(written(change(bundle())))).toBe(code);
  });

  it('another root: keyring.chain fails', () => {
    const other = network({ root: { threshold: 1, keys: keyRing().root.keys } });
    expect(failed(bytes, { ...other.root, network: 'rival' })).toBe('keyring.chain');
    const stranger = {
      ...net.root,
      keys: [ringKey(REPORT, 'root')].map(({ kty, crv, x, kid, alg }) => ({
        kty,
        crv,
        x,
        kid,
        alg,
      })),
    };
    expect(failed(bytes, stranger)).toBe('keyring.chain');
  });
});

/** Records signed by the true report key, but false: what a dishonest coordinator could write. */
describe('a coordinator that signs what the votes do not say', () => {
  const [open, resolve] = steps as [FixtureStep, FixtureStep];
  const lie = (at: 0 | 1, change: (p: IncidentPredicate) => Partial<IncidentPredicate>) => {
    const step = [open, resolve][at]!;
    const changed = { ...step, predicate: { ...step.predicate, ...change(step.predicate) } };
    return bundleOf(net, at === 0 ? [changed, resolve] : [open, changed]);
  };
  const vote = (change: Partial<RecordedVote>) => (p: IncidentPredicate) => ({
    votes: p.votes.with(0, { ...p.votes[0]!, ...change }),
  });
  const firstRound = (change: object) => (p: IncidentPredicate) => ({
    rounds: p.rounds.with(0, { ...p.rounds[0]!, ...change }),
  });

  it.each<[string, CheckCode, () => Uint8Array]>([
    ['a vote turned', 'votes.binding', () => lie(0, vote({ vote: 'up' }))],
    [
      'a vote moved to another round',
      'votes.binding',
      () => lie(0, vote({ round: roundId(T0 + 10_000) })),
    ],
    [
      'a vote of a round that is not recorded',
      'votes.binding',
      () => lie(0, (p) => ({ rounds: p.rounds.slice(1) })),
    ],
    ['a vote moved to another agent', 'votes.binding', () => lie(0, vote({ agent: 'us-east-1' }))],
    ['a vote moved to another region', 'votes.binding', () => lie(0, vote({ region: 'us-east' }))],
    ['votes of another monitor', 'votes.binding', () => both((p) => ({ ...p, monitor: 'search' }))],
    ['another leaf', 'votes.inclusion', () => lie(0, vote({ leaf: '00'.repeat(32) }))],
    [
      'one vote counted twice',
      'votes.distinct',
      () => lie(0, (p) => ({ votes: [...p.votes, p.votes[0]!] })),
    ],
    [
      'a region regrouped',
      'members.groups',
      () => lie(0, (p) => ({ members: p.members.map((m) => ({ ...m, group: 'one' })) })),
    ],
    [
      'a member twice',
      'members.groups',
      () => lie(0, (p) => ({ members: [...p.members, p.members[0]!] })),
    ],
    [
      'an unknown region as member',
      'members.groups',
      () => lie(0, (p) => ({ members: [...p.members, { region: 'moon', group: 'nasa' }] })),
    ],
    [
      'a voter left out of the members',
      'members.groups',
      () => lie(0, (p) => ({ members: p.members.slice(1) })),
    ],
    [
      'a round decided otherwise',
      'quorum.verdict',
      () => lie(0, firstRound({ verdict: 'partial' })),
    ],
    [
      'a harder quorum than was met',
      'quorum.verdict',
      () => lie(0, () => ({ policy: { ...POLICY, quorum: 'all' } })),
    ],
    [
      'more confirming rounds than there were',
      'quorum.verdict',
      () => lie(0, () => ({ policy: { ...POLICY, confirmRounds: 3 } })),
    ],
    ['an open that was never down', 'quorum.verdict', () => lie(0, () => ({ verdict: 'partial' }))],
    ['a resolve that was still down', 'quorum.verdict', () => lie(1, () => ({ verdict: 'down' }))],
    ['another network', 'record.chain', () => both((p) => ({ ...p, network: 'rival' }))],
    ['another incident', 'record.chain', () => lie(1, () => ({ incident: roundId(T0) }))],
    ['another start', 'record.chain', () => lie(1, () => ({ openedAt: at(T0) }))],
    ['resolved without an end', 'record.chain', () => lie(1, () => ({ resolvedAt: null }))],
    [
      'an end before it was resolved',
      'record.chain',
      () => lie(0, () => ({ resolvedAt: at(T0 + 10_450) })),
    ],
    ['an update in the place of open', 'record.chain', () => lie(0, () => ({ step: 'update' }))],
    ['opened twice', 'record.chain', () => lie(1, () => ({ step: 'open', resolvedAt: null }))],
    [
      'a round at another time than its id',
      'record.times',
      () => lie(0, firstRound({ openedAt: at(T0 - 10_000) })),
    ],
    [
      'a round closed before it opened',
      'record.times',
      () => lie(0, firstRound({ closedAt: at(T0 - 1) })),
    ],
    [
      'rounds out of order',
      'record.times',
      () => lie(0, (p) => ({ rounds: p.rounds.toReversed() })),
    ],
    [
      'a record older than its rounds',
      'record.times',
      () => lie(0, () => ({ recordedAt: at(T0) })),
    ],
    [
      'a date that does not exist',
      'record.signature',
      () => lie(0, () => ({ recordedAt: '2026-13-01T00:00:00.000Z' })),
    ],
    [
      'a key ring that is not there',
      'record.signature',
      () => lie(0, (p) => ({ keyring: { ...p.keyring, version: 2 } })),
    ],
    [
      'another key ring of that version',
      'record.signature',
      () => lie(0, (p) => ({ keyring: { ...p.keyring, digest: '00'.repeat(32) } })),
    ],
    [
      'a record before the key ring',
      'record.signature',
      () => lie(0, () => ({ recordedAt: at(T0 - 9 * 86_400_000) })),
    ],
    [
      'a record after the key ring expired',
      'keyring.expiry',
      () => lie(1, () => ({ recordedAt: at(T0 + 999 * 86_400_000) })),
    ],
  ])('%s: %s fails', (_, code, write) => {
    expect(failed(write())).toBe(code);
  });

  function both(change: (p: IncidentPredicate) => IncidentPredicate): Uint8Array {
    return bundleOf(
      net,
      steps.map((step) => ({ ...step, predicate: change(step.predicate) })),
    );
  }

  it('rounds backdated while agents signed later: votes.freshness fails', () => {
    const agents = new FixtureAgents(net);
    const rounds = [0, 10_000].map((after) =>
      agents.seal({ openedAtMs: T0 + after, votes: ['down', 'down', 'up'], verdict: 'down' }),
    );
    // The ids carry the later time, so the whole round is told as if it were an hour earlier.
    const late = agents.seal({
      openedAtMs: T0 + 10_000,
      signedAtMs: T0 + 3_600_000,
      votes: ['down', 'down', 'up'],
      verdict: 'down',
    });
    const predicate = predicateOf(net, {
      step: 'open',
      verdict: 'down',
      rounds: [rounds[0]!, late],
      recordedAtMs: T0 + 10_500,
    });
    const proofs = [...rounds[0]!.proofs, ...late.proofs];
    expect(failed(bundleOf(net, [{ predicate, proofs }]))).toBe('votes.freshness');
  });

  it('a record signed by a key of another role: record.signature fails', () => {
    const swapped = network({
      keys: keyRing().keys.map((key) =>
        key.role === 'coordinator-report' ? { ...key, role: 'log' } : key,
      ),
    });
    const story = incidentFixture(swapped);
    expect(failed(story.bytes, swapped.root)).toBe('record.signature');
  });

  it('a revoked key: keyring.revocation fails', () => {
    const revoked = network({
      keys: keyRing().keys.map((key, i) => (i === 1 ? { ...key, revokedAtLogSize: 0 } : key)),
    });
    expect(failed(incidentFixture(revoked).bytes, revoked.root)).toBe('keyring.revocation');
  });
});

function swap(votes: BundledVote[], a: number, b: number): BundledVote[] {
  return votes.with(a, votes[b]!).with(b, votes[a]!);
}
function withVote(value: Bundle, change: Partial<BundledVote>): Bundle {
  return { ...value, votes: value.votes.with(0, { ...value.votes[0]!, ...change }) };
}
