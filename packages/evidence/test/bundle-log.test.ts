import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Bundle, KeyRing } from '@trustmonitor/protocol';
import {
  CHECKS,
  addSignatureLines,
  canonicalBytes,
  cosign,
  decodeUtf8,
  nobleVerifier,
  parseTlogProof,
  verifyBundle,
  type CheckCode,
  type CheckResult,
} from '@trustmonitor/evidence';
import { nodeVerifier } from '@trustmonitor/evidence/node';
import { bundleOf, story } from './fixture/incident.ts';
import { POLICY_TEXT, WITNESSES, logRecord, loggedNetwork, seenCheckpoint } from './fixture/log.ts';
import { T0, keyRing, network, signerOf } from './fixture/network.ts';

const S0 = T0 / 1_000;
/** The resolve is recorded 70.5 s after T0. */
const TIMES = [S0 + 71, S0 + 72, S0 + 73];
const SEEN_TIMES = [S0 - 12, S0 - 11, S0 - 10];

interface Story {
  readonly ring?: Partial<KeyRing>;
  readonly times?: readonly number[];
  readonly seenTimes?: readonly number[] | null;
  readonly change?: (bundle: Bundle) => Bundle;
}

function verify(
  { ring = {}, times = TIMES, seenTimes = SEEN_TIMES, change }: Story,
  ignore = false,
) {
  const net = loggedNetwork(ring);
  const seen = seenTimes === null ? null : seenCheckpoint(seenTimes);
  const bytes = bundleOf(net, story(net, seen?.seen ?? null), {
    prove: (record, behind) => logRecord(record, times, behind),
    seenNotes: seen === null ? [] : [seen.note],
  });
  const bundle = JSON.parse(decodeUtf8(bytes)) as Bundle;
  const file = change === undefined ? bytes : canonicalBytes(change(bundle));
  const options = { verifier: nodeVerifier, insecureIgnoreWitnesses: ignore };
  return verifyBundle(file, net.root, options);
}
const failure = (facts: Story): CheckCode | null =>
  verify(facts).checks.find(({ ok }) => !ok)?.code ?? null;
const detailOf = (checks: readonly CheckResult[], code: CheckCode) =>
  checks.find((check) => check.code === code)?.detail;

describe('a bundle of a network with a log', () => {
  it('passes every check, and is dated by its witnesses', () => {
    const { passed, checks } = verify({});
    expect(checks.filter(({ ok }) => !ok)).toEqual([]);
    expect(passed).toBe(true);
    expect(checks.map(({ code }) => code)).toEqual(Object.keys(CHECKS));
    expect(detailOf(checks, 'log.inclusion')).toBe('leaf 5 of 10 in acme.example/log');
    // f = 1: the second largest time seen, and the second smallest on the record's checkpoint.
    expect(detailOf(checks, 'time.bracket')).toBe(
      'between 2026-01-31T11:59:49.000Z and 2026-01-31T12:01:12.000Z, allowing for f = 1 lying witnesses',
    );
  });

  it('passes with votes that had seen no checkpoint yet', () => {
    const { passed, checks } = verify({ seenTimes: null });
    expect(passed).toBe(true);
    expect(detailOf(checks, 'time.bracket')).toMatch(/^between an unknown time and/);
  });

  it('passes with a policy that asks for no witness, and says so', () => {
    const witness = POLICY_TEXT.replace('quorum all', 'quorum none');
    const { passed, checks } = verify({
      ring: { policy: { witness, f: 0 } },
      times: [],
      seenTimes: null,
    });
    expect(passed).toBe(true);
    expect(detailOf(checks, 'witness.policy')).toMatch(/asks for no witness/);
    expect(detailOf(checks, 'time.bracket')).toMatch(/nothing was checked/);
  });

  it('passes without witnesses only when told to ignore them', () => {
    expect(failure({ times: [] })).toBe('witness.policy');
    const { passed, checks } = verify({ times: [] }, true);
    expect(passed).toBe(true);
    expect(detailOf(checks, 'witness.policy')).toMatch(/nothing was checked/);
  });

  const proof = (change: (text: string) => string) => (b: Bundle) => ({
    ...b,
    tlogProof: change(b.tlogProof!),
  });
  const checkpointOf = (text: string) => parseTlogProof(text).checkpoint;
  const withLine =
    (name: string, signer = signerOf(name)) =>
    (text: string) =>
      addSignatureLines(text, [cosign(checkpointOf(text), name, signer, S0 + 70)]);

  it.each<[string, CheckCode, Story]>([
    ['no log proof', 'log.inclusion', { change: (b) => ({ ...b, tlogProof: null }) }],
    ['a proof that is none', 'log.inclusion', { change: proof(() => 'x') }],
    [
      'the proof of another leaf',
      'log.inclusion',
      { change: proof((t) => t.replace('index 5', 'index 4')) },
    ],
    ['a smaller tree', 'log.inclusion', { change: proof((t) => t.replace('\n10\n', '\n5\n')) }],
    [
      'another size with the same path',
      'log.signature',
      { change: proof((t) => t.replace('\n10\n', '\n11\n')) },
    ],
    [
      'another log',
      'log.signature',
      { change: proof((t) => t.replaceAll('acme.example/log', 'rival.example/log')) },
    ],
    [
      'no signature by the log',
      'log.signature',
      { change: proof((t) => t.replace(/— acme.example\/log .*\n/, '')) },
    ],
    [
      'a signature by a stranger',
      'log.signature',
      { change: proof(withLine('stranger.example/w')) },
    ],
    [
      'a second cosignature by a witness',
      'log.signature',
      { change: proof(withLine(WITNESSES[0]!.name, WITNESSES[0]!.signer)) },
    ],
    ['no place of the record before', 'log.places', { change: (b) => ({ ...b, places: [] }) }],
    [
      'another place of the record before',
      'log.places',
      { change: (b) => ({ ...b, places: [{ ...b.places[0]!, index: 3 }] }) },
    ],
    [
      'a place that nothing needs',
      'log.places',
      { change: (b) => ({ ...b, places: [b.places[0]!, b.places[0]!] }) },
    ],
    ['too few witnesses', 'witness.policy', { times: [S0 + 71] }],
    ['a note missing', 'time.bracket', { change: (b) => ({ ...b, seenNotes: [] }) }],
    [
      'a note twice',
      'time.bracket',
      { change: (b) => ({ ...b, seenNotes: [b.seenNotes[0]!, b.seenNotes[0]!] }) },
    ],
    ['a note that too few cosigned', 'time.bracket', { seenTimes: [S0] }],
    [
      'a record told to be later than it was logged',
      'time.bracket',
      { times: [S0 - 900, S0 - 900, S0 + 73] },
    ],
    [
      'votes told to be earlier than what they had seen',
      'time.bracket',
      { seenTimes: [S0 + 900, S0 + 900, S0] },
    ],
  ])('fails with %s: %s', (_, code, facts) => {
    expect(failure(facts)).toBe(code);
  });

  it('believes one lying witness out of three, but not two', () => {
    expect(failure({ times: [S0 - 900, S0 + 72, S0 + 73] })).toBeNull();
    expect(failure({ seenTimes: [S0 + 900, S0, S0] })).toBeNull();
    expect(failure({ times: [S0 - 900, S0 - 900, S0 + 73] })).toBe('time.bracket');
  });

  it('cannot be dated when as many may lie as cosigned', () => {
    expect(failure({ ring: { policy: { witness: POLICY_TEXT, f: 3 } } })).toBe('time.bracket');
  });

  it('revokes by place in the log', () => {
    const ring = loggedNetwork().ring.ring;
    const revoked = (kid: string, size: number): Partial<KeyRing> => ({
      keys: ring.keys.map((key) => (key.kid === kid ? { ...key, revokedAtLogSize: size } : key)),
    });
    const [report] = ring.keys;
    expect(failure({ ring: revoked(report!.kid, 6) })).toBeNull();
    expect(failure({ ring: revoked(report!.kid, 5) })).toBe('keyring.revocation');
    // The record before is leaf 4.
    expect(failure({ ring: revoked(report!.kid, 4) })).toBe('keyring.revocation');
    // Two witnesses revoked leave one, where two are called for.
    const two = {
      keys: ring.keys.map((key) =>
        key.role === 'agent-witness' && key.region !== 'us-east'
          ? { ...key, revokedAtLogSize: 9 }
          : key,
      ),
    };
    expect(failure({ ring: two })).toBe('witness.policy');
  });

  it('counts what a key signed before it was revoked, if its place in the log is shown', () => {
    const ring = loggedNetwork().ring.ring;
    const vote = ring.keys.find(({ role }) => role === 'agent-vote')!;
    const revoked = (size: number): Partial<KeyRing> => ({
      keys: ring.keys.map((key) => (key === vote ? { ...key, revokedAtLogSize: size } : key)),
    });
    // Its batches are right before leaf 5, at which the newest record stands.
    const good = verify({ ring: revoked(5) });
    expect(good.checks.filter(({ ok }) => !ok)).toEqual([]);
    expect(detailOf(good.checks, 'log.places')).toMatch(/batches of revoked keys: [1-4]$/);
    expect(detailOf(good.checks, 'keyring.revocation')).toContain(vote.kid);
    expect(failure({ ring: revoked(4) })).toBe('keyring.revocation');
    const hidden = (b: Bundle) => ({ ...b, places: b.places.slice(0, 1) });
    expect(failure({ ring: revoked(5), change: hidden })).toBe('log.places');
  });

  it('is refused with any byte of its log material changed', { timeout: 60_000 }, () => {
    const net = loggedNetwork();
    const seen = seenCheckpoint(SEEN_TIMES);
    const bytes = bundleOf(net, story(net, seen.seen), {
      prove: (record, behind) => logRecord(record, TIMES, behind),
      seenNotes: [seen.note],
    });
    expect(verifyBundle(bytes, net.root, { verifier: nobleVerifier }).passed).toBe(true);
    const text = decodeUtf8(bytes);
    const from = Buffer.byteLength(text.slice(0, text.indexOf('"places"')));
    const to = Buffer.byteLength(text.slice(0, text.indexOf('"votes"')));
    const change = fc.tuple(
      fc.integer({ min: from, max: to - 1 }),
      fc.integer({ min: 1, max: 255 }),
    );
    fc.assert(
      fc.property(change, ([position, mask]) => {
        const changed = bytes.slice();
        changed[position]! ^= mask;
        expect(verifyBundle(changed, net.root, { verifier: nodeVerifier }).passed).toBe(false);
      }),
      { numRuns: 400 },
    );
  });
});

describe('a witness policy in a key ring', () => {
  it.each([
    ['without a log', POLICY_TEXT.replace(/^log .*\n/, ''), /names no log/],
    ['that cannot be read', 'quorum', /witness policy line 1/],
  ])('%s is refused', (_, witness, message) => {
    expect(() => loggedNetwork({ policy: { witness, f: 0 } })).toThrow(message);
  });

  it('names log keys and witness keys of the ring, not keys of other roles', () => {
    const policy = { witness: POLICY_TEXT, f: 0 };
    expect(() => network({ policy })).toThrow(/is not a log key of the ring/);
    const keys = loggedNetwork().ring.ring.keys.map((key) =>
      key.role === 'agent-witness' ? { ...key, role: 'agent-vote' as const } : key,
    );
    expect(() => network({ keys, policy })).toThrow(/is for agent-vote/);
    expect(() => network({ policy: { witness: null, f: 1 } })).toThrow(/without a log/);
    expect(keyRing().policy).toEqual({ witness: null, f: 0 });
  });
});
