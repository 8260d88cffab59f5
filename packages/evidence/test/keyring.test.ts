import { Point } from '@noble/ed25519';
import { describe, expect, it } from 'vitest';
import type { Envelope, KeyRing, RingKey } from '@trustmonitor/protocol';
import {
  jwkOf,
  nobleVerifier,
  rootFileOf,
  signKeyRing,
  verifyKeyRings,
  type Signer,
} from '@trustmonitor/evidence';
import { nodeVerifier } from '@trustmonitor/evidence/node';
import { AGENTS, ROOT, T0, agentOf, at, keyRing, ringKey, signerOf } from './fixture/network.ts';

const [root2, root3, stranger] = [signerOf('root 2'), signerOf('root 3'), signerOf('stranger')];
const rootsOf = (threshold: number, ...signers: Signer[]) => ({
  threshold,
  keys: signers.map((signer) => jwkOf(signer.publicKey)),
});
const first = keyRing();
const root = rootFileOf(first);
const verify = (envelopes: Envelope[], pinned = root) =>
  verifyKeyRings(envelopes, pinned, nodeVerifier);
const digestOfFirst = verify([signKeyRing(first, [ROOT])]).digest;

const second = (changes: Partial<KeyRing> = {}): KeyRing =>
  keyRing({ version: 2, prev: digestOfFirst, issuedAt: at(T0), ...changes });

describe('verifyKeyRings', () => {
  it('trusts version 1 by the pinned root', () => {
    const ring = verifyKeyRings([signKeyRing(first, [ROOT])], root, nobleVerifier);
    expect(ring).toMatchObject({ network: 'acme', version: 1, previous: null });
    expect(ring.members()).toEqual([
      { region: 'ap-south', group: 'gcp' },
      { region: 'eu-central', group: 'hetzner' },
      { region: 'us-east', group: 'aws' },
    ]);
    const { kid, publicKey } = AGENTS[0]!.signer;
    expect(ring.key(kid)).toMatchObject({ role: 'agent-vote', region: 'eu-central', publicKey });
    expect(ring.key(stranger.kid)).toBeUndefined();
    expect(ring.inForceAt(T0)).toBe(true);
    expect(ring.inForceAt(Date.parse(first.expires))).toBe(false);
  });

  it('follows a rotation of the root, and still knows the older version', () => {
    const next = second({ root: rootsOf(2, root2, root3) });
    const ring = verify([signKeyRing(first, [ROOT]), signKeyRing(next, [ROOT, root2, root3])]);
    expect(ring.version).toBe(2);
    expect(ring.at(1)?.digest).toBe(digestOfFirst);
    expect(ring.at(3)).toBeUndefined();
  });

  const good = signKeyRing(first, [ROOT]);
  const twoRoots = keyRing({ root: rootsOf(2, ROOT, root2) });
  it.each<[string, Envelope[], string]>([
    ['no key ring', [], 'keyring.invalid'],
    [
      'a stranger as root',
      [signKeyRing(keyRing({ root: rootsOf(1, stranger) }), [stranger])],
      'keyring.invalid',
    ],
    ['a stranger signing', [signKeyRing(first, [stranger])], 'key.unknown'],
    ['a stranger beside the root', [signKeyRing(first, [ROOT, stranger])], 'key.unknown'],
    ['too few of its own roots', [signKeyRing(twoRoots, [ROOT])], 'keyring.invalid'],
    [
      'the older roots missing',
      [good, signKeyRing(second({ root: rootsOf(1, root2) }), [root2])],
      'keyring.invalid',
    ],
    [
      'its own roots missing',
      [good, signKeyRing(second({ root: rootsOf(1, root2) }), [ROOT])],
      'keyring.invalid',
    ],
    ['a gap', [good, signKeyRing(second({ version: 3 }), [ROOT])], 'keyring.invalid'],
    ['the first version twice', [good, good], 'keyring.invalid'],
    ['the second version alone', [signKeyRing(second(), [ROOT])], 'keyring.invalid'],
    [
      'another predecessor',
      [good, signKeyRing(second({ prev: '00'.repeat(32) }), [ROOT])],
      'keyring.invalid',
    ],
    ['no predecessor', [good, signKeyRing(second({ prev: null }), [ROOT])], 'keyring.invalid'],
    [
      'a version older than the one before',
      [good, signKeyRing(second({ issuedAt: at(T0 - 99 * 86_400_000) }), [ROOT])],
      'keyring.invalid',
    ],
    ['another network', [signKeyRing(keyRing({ network: 'rival' }), [ROOT])], 'keyring.invalid'],
  ])('refuses %s', (_, envelopes, code) => {
    expect(() => verify(envelopes)).toThrow(expect.objectContaining({ code }));
  });

  it('counts a root key that the root file lists twice once', () => {
    const doubled = { ...root, threshold: 2, keys: [root.keys[0]!, root.keys[0]!] };
    expect(() => verify([good], doubled)).toThrow(
      /1 of the 2 root keys of the pinned file signed; 2 must/,
    );
  });

  it('refuses a root key of small order', () => {
    const weak = { ...root, keys: [jwkOf(Point.ZERO.toBytes())] };
    expect(() => verify([good], weak)).toThrow(expect.objectContaining({ code: 'key.invalid' }));
  });

  it('gives out no key that is unusable', () => {
    const weak = { ...ringKey(stranger, 'agent-vote', AGENTS[0]), ...jwkOf(Point.ZERO.toBytes()) };
    const ring = verify([signKeyRing(keyRing({ keys: [weak] }), [ROOT])]);
    expect(() => ring.key(weak.kid)).toThrow(expect.objectContaining({ code: 'key.invalid' }));
  });
});

describe('a key ring that contradicts itself is neither signed nor believed', () => {
  const [agent] = AGENTS;
  const vote = ringKey(agent!.signer, 'agent-vote', agent);
  const withKeys = (...keys: RingKey[]) => keyRing({ keys });
  const away = ringKey(stranger, 'agent-witness', { ...agent!, region: 'us-east' });
  const regrouped = ringKey(stranger, 'agent-vote', agentOf('eu-central', 'aws'));
  it.each([
    ['a key listed twice', withKeys(vote, vote)],
    ['a key with two roles', withKeys(vote, { ...vote, role: 'agent-witness' })],
    ['a root key with another role', withKeys(ringKey(ROOT, 'log'))],
    ['a root key among the others', withKeys(ringKey(stranger, 'root'))],
    ["an agent's key without an agent", withKeys({ ...vote, agent: null })],
    ["an agent's key without a group", withKeys({ ...vote, group: null })],
    [
      'a report key with a region',
      withKeys({ ...ringKey(stranger, 'coordinator-report'), region: 'eu-central' }),
    ],
    ['an agent in two regions', withKeys(vote, away)],
    ['a region in two groups', withKeys(vote, regrouped)],
    ['more signatures called for than keys', keyRing({ root: rootsOf(2, ROOT) })],
    ['an end before its beginning', keyRing({ expires: at(T0 - 99 * 86_400_000) })],
    ['an impossible date', keyRing({ expires: '2026-02-31T99:00:00.000Z' })],
  ])('%s', (_, ring) => {
    expect(() => signKeyRing(ring, [ROOT])).toThrow(
      expect.objectContaining({ code: 'keyring.invalid' }),
    );
  });
});
