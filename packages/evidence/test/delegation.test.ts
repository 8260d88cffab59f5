import { describe, expect, it } from 'vitest';
import { witnessName, type Delegation, type KeyRing, type RingKey } from '@trustmonitor/protocol';
import {
  agentPolicyOf,
  cosignKeyRing,
  enrolAgent,
  jwkOf,
  noteKeyOf,
  parsePolicy,
  revokeAgent,
  rootFileOf,
  signKeyRing,
  verifyKeyRings,
  verifyNextKeyRing,
  type NewAgent,
} from '@trustmonitor/evidence';
import { nodeVerifier } from '@trustmonitor/evidence/node';
import { AGENTS, ROOT, T0, agentOf, at, keyRing, ringKey, signerOf } from './fixture/network.ts';

const ENROLMENT = signerOf('enrolment');
const LOG = signerOf('log');
const logKey = noteKeyOf('trustmonitor/acme/log', 'ed25519', LOG.publicKey);
const EU = { region: 'eu-central', group: 'hetzner', operator: 'acme' };
const SA = { region: 'sa-east', group: 'ovh', operator: 'contractor' };

const delegation: Delegation = {
  key: jwkOf(ENROLMENT.publicKey),
  regions: [EU, SA],
  maxAgentsPerRegion: 2,
  expires: at(T0 + 30 * 86_400_000),
};
const keys = [
  ...keyRing().keys,
  ringKey(LOG, 'log'),
  ...AGENTS.map((agent) => ringKey(signerOf(`witness ${agent.region}`), 'agent-witness', agent)),
];
const policy = agentPolicyOf({ network: 'acme', keys }, logKey);
const first = keyRing({ keys, policy, delegation });
const root = rootFileOf(first);
const trusted = verifyKeyRings([signKeyRing(first, [ROOT])], root, nodeVerifier);
const now = { logSize: 77, nowMs: T0 };

const newcomer = (name: string, region: string): NewAgent => ({
  agent: name,
  region,
  voteKey: jwkOf(signerOf(`vote of ${name}`).publicKey),
  witnessKey: jwkOf(signerOf(`witness of ${name}`).publicKey),
});
const next = enrolAgent(trusted, newcomer('sa-east-1', 'sa-east'), now);
function withoutDelegation(ring: KeyRing): KeyRing {
  const copy = { ...ring };
  delete copy.delegation;
  return copy;
}

const verifyNext = (ring: KeyRing, signer = ENROLMENT) =>
  verifyNextKeyRing(signKeyRing(ring, [signer]), root, trusted, nodeVerifier);

describe('the enrolment key', () => {
  it('enrols an agent in a region that it was given; group and operator are the root’s word', () => {
    const ring = verifyNext(next);
    expect(ring.version).toBe(2);
    expect(ring.hasAgent('sa-east-1')).toBe(true);
    expect(ring.members()).toContainEqual({ region: 'sa-east', group: 'ovh' });
    const vote = ring.key(jwkOf(signerOf('vote of sa-east-1').publicKey).kid);
    expect(vote).toMatchObject({
      role: 'agent-vote',
      operator: 'contractor',
      validFor: { start: at(T0 - 120_000) },
    });
  });

  it('makes the new agent a witness, where the policy follows the agents', () => {
    const { witnesses, quorum } = parsePolicy(next.policy.witness ?? '');
    expect(witnesses.map(({ name }) => name)).toEqual([
      'eu-central-1',
      'us-east-1',
      'ap-south-1',
      'sa-east-1',
    ]);
    expect(witnesses.at(-1)?.key.name).toBe(witnessName('acme', 'sa-east-1'));
    expect(quorum).toMatchObject({ kind: 'group', threshold: 3 });
  });

  it('revokes an agent from a log index on, and its region has no vote left', () => {
    const ring = verifyNext(revokeAgent(trusted, 'eu-central-1', now));
    expect(ring.hasAgent('eu-central-1')).toBe(false);
    expect(ring.members().map(({ region }) => region)).toEqual(['ap-south', 'us-east']);
    expect(ring.keysOf('agent-vote')[0]).toMatchObject({ revokedAtLogSize: 77 });
    expect(parsePolicy(ring.ring.policy.witness ?? '').witnesses).toHaveLength(2);
  });

  it('puts a machine that was set up anew in the place of the old one', () => {
    const ring = verifyNext(enrolAgent(trusted, newcomer('eu-central-1', 'eu-central'), now));
    const votes = ring.keysOf('agent-vote').filter(({ agent }) => agent === 'eu-central-1');
    expect(votes.map(({ revokedAtLogSize }) => revokedAtLogSize)).toEqual([77, null]);
  });

  it('goes on where it left off, and the root may change anything after it', () => {
    const second = signKeyRing(next, [ENROLMENT]);
    const two = verifyNextKeyRing(second, root, trusted, nodeVerifier);
    const third = revokeAgent(two, 'sa-east-1', { logSize: 90, nowMs: T0 + 1_000 });
    const three = verifyNextKeyRing(signKeyRing(third, [ENROLMENT]), root, two, nodeVerifier);
    const fourth = {
      ...third,
      version: 4,
      prev: three.digest,
      delegation: { ...delegation, regions: [] },
    };
    const four = verifyNextKeyRing(signKeyRing(fourth, [ROOT]), root, three, nodeVerifier);
    expect(four.version).toBe(4);
  });
});

describe('the enrolment key may not', () => {
  const edit = (index: number, changes: Partial<RingKey>): KeyRing => ({
    ...next,
    keys: next.keys.map((key, i) => (i === index ? { ...key, ...changes } : key)),
  });
  const last = next.keys.length - 1;
  const stranger = ringKey(signerOf('stranger'), 'agent-vote', agentOf('us-east', 'aws'));
  const full = ['a', 'b', 'c'].reduce(
    (ring, name) => ({
      ...ring,
      keys: [
        ...ring.keys,
        {
          ...ringKey(signerOf(name), 'agent-vote'),
          agent: name,
          ...SA,
          validFor: { start: at(T0 - 120_000), end: null },
        },
      ],
    }),
    { ...next, keys: first.keys, policy: first.policy },
  );

  it.each<[string, KeyRing, RegExp]>([
    [
      'change the roots',
      { ...next, root: { threshold: 1, keys: [jwkOf(signerOf('x').publicKey)] } },
      /change "root"/,
    ],
    ['prolong the ring', { ...next, expires: at(T0 + 999 * 86_400_000) }, /change "expires"/],
    [
      'widen its own scope',
      { ...next, delegation: { ...delegation, maxAgentsPerRegion: 9 } },
      /change "delegation"/,
    ],
    ['drop its own scope', withoutDelegation(next), /change "delegation"/],
    [
      'replace the report key',
      edit(0, jwkOf(signerOf('forged report').publicKey)),
      /remove or move key/,
    ],
    ['revoke the report key', edit(0, { revokedAtLogSize: 1 }), /change key/],
    ['revoke an agent of another region', edit(2, { revokedAtLogSize: 1 }), /change key/],
    ['move an agent into another group', edit(1, { operator: 'other' }), /change key/],
    ['drop a key', { ...next, keys: next.keys.slice(1) }, /remove or move key/],
    [
      'enrol in a region that it was not given',
      { ...next, keys: [...next.keys, { ...stranger, agent: 'us-9' }] },
      /enrol a key for agent-vote in region us-east/,
    ],
    [
      'enrol under another operator',
      edit(last, { operator: 'acme' }),
      /enrol a key for agent-witness in region sa-east/,
    ],
    [
      'enrol for the past',
      edit(last, { validFor: { start: at(T0 - 1_000), end: null } }),
      /for another time/,
    ],
    [
      'enrol a second report key',
      { ...next, keys: [...next.keys, ringKey(signerOf('y'), 'coordinator-report')] },
      /enrol a key for coordinator-report/,
    ],
    ['enrol more agents than allowed', full, /more than 2 agents in region sa-east/],
    [
      'leave the witness policy behind',
      { ...next, policy: first.policy },
      /change the witness policy/,
    ],
    [
      'weaken the witness policy',
      { ...next, policy: { ...next.policy, f: 0 } },
      /change the witness policy/,
    ],
    ['sign after its time', { ...next, issuedAt: delegation.expires }, /its time ended/],
  ])('%s', (_what, ring, why) => {
    expect(() => verifyNext(ring)).toThrow(expect.objectContaining({ code: 'keyring.invalid' }));
    expect(() => verifyNext(ring)).toThrow(why);
  });

  it('sign together with a root, so that nobody mistakes by whose right a version stands', () => {
    const both = cosignKeyRing(signKeyRing(next, [ENROLMENT]), ROOT);
    expect(() => verifyNextKeyRing(both, root, trusted, nodeVerifier)).toThrow(/one of them must/);
    expect(() => cosignKeyRing(both, ROOT)).toThrow(/has signed this version already/);
  });

  it('sign where the version before names no such key', () => {
    const plain = withoutDelegation(first);
    const before = verifyKeyRings([signKeyRing(plain, [ROOT])], rootFileOf(plain), nodeVerifier);
    const forged = { ...next, prev: before.digest };
    expect(() =>
      verifyNextKeyRing(signKeyRing(forged, [ENROLMENT]), root, before, nodeVerifier),
    ).toThrow(expect.objectContaining({ code: 'key.unknown' }));
    expect(() => enrolAgent(before, newcomer('sa-east-1', 'sa-east'), now)).toThrow(
      /region sa-east/,
    );
  });
});
