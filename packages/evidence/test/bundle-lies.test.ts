import { describe, expect, it } from 'vitest';
import type { IncidentPredicate, RecordedVote } from '@trustmonitor/protocol';
import type { CheckCode } from '@trustmonitor/evidence';
import { failedCheck } from './fixture/failed.ts';
import {
  FixtureAgents,
  POLICY,
  bundleOf,
  incidentFixture,
  predicateOf,
  roundId,
  type FixtureStep,
} from './fixture/incident.ts';
import { T0, at, keyRing, network } from './fixture/network.ts';

const { net, steps } = incidentFixture();
const failed = (file: Uint8Array, root = net.root) => failedCheck(file, root);

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
    ['an older revision', 'record.chain', () => lie(0, () => ({ revision: 2 }))],
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

/** Records by hand: the only ones that rest on no votes. */
describe('an incident that is resolved by hand', () => {
  const [open] = steps as [FixtureStep];
  const amended = (change: Partial<IncidentPredicate> = {}): FixtureStep => ({
    predicate: {
      ...open.predicate,
      step: 'amend',
      rounds: [],
      votes: [],
      recordedAt: at(T0 + 90_000),
      resolvedAt: at(T0 + 90_000),
      amendment: { reason: 'retired' },
      ...change,
    },
    proofs: [],
  });

  it('verifies, with what the votes said left as it was', () => {
    expect(failed(bundleOf(net, [open, amended()]))).toBeNull();
    const note = { resolvedAt: null, amendment: { reason: 'the cause is known' } };
    expect(failed(bundleOf(net, [open, amended(note)]))).toBeNull();
    const twice = amended({ recordedAt: at(T0 + 99_000), amendment: { reason: 'typo' } });
    expect(failed(bundleOf(net, [open, amended(), twice]))).toBeNull();
  });

  it.each<[string, CheckCode, FixtureStep[]]>([
    ['without a reason', 'record.chain', [open, amended({ amendment: undefined as never })]],
    ['at an earlier time', 'record.chain', [open, amended({ resolvedAt: at(T0 + 60_000) })]],
    ['as up', 'quorum.verdict', [open, amended({ verdict: 'up' })]],
    ['by rounds of its own', 'quorum.verdict', [open, amended({ rounds: open.predicate.rounds })]],
    [
      'and opened again',
      'record.chain',
      [open, amended(), amended({ recordedAt: at(T0 + 95_000), resolvedAt: null })],
    ],
    [
      'and then at another time',
      'record.chain',
      [open, amended(), amended({ recordedAt: at(T0 + 95_000), resolvedAt: at(T0 + 95_000) })],
    ],
  ])('is refused %s', (_name, code, chain) => {
    expect(failed(bundleOf(net, chain))).toBe(code);
  });

  it('gives a reason in no other step', () => {
    const predicate = { ...open.predicate, amendment: { reason: 'by hand' } };
    expect(failed(bundleOf(net, [{ ...open, predicate }]))).toBe('record.chain');
  });
});
