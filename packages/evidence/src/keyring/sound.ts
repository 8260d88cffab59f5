/** What a key ring must be beside fitting its schema. */
import { PUSH, parseTimestamp, type KeyRing, type RingKey } from '@trustmonitor/protocol';
import { keyIdOf, publicKeyOf } from '../ed25519/public-key.ts';
import { invalidKeyRing } from '../errors.ts';
import { parsePolicy } from '../log/policy.ts';

/** Throws `keyring.invalid`, or `key.invalid` for an unusable root key. */
export function requireSoundRing(ring: KeyRing): void {
  requireTimes(ring);
  requireRoots(ring.root);
  requireDistinctKeys(ring);
  for (const key of ring.keys) requireSoundKey(key);
  requireOnePlacePerAgent(ring.keys);
  requireOneGroupPerRegion([...ring.keys, ...(ring.delegation?.regions ?? [])]);
  requireDelegation(ring);
  requirePolicy(ring);
}

function requireTimes({ issuedAt, expires }: KeyRing): void {
  if (!(parseTimestamp(issuedAt) < parseTimestamp(expires))) {
    throw invalidKeyRing(`the key ring is issued at ${issuedAt} and expires at ${expires}`);
  }
}

export function requireRoots({ threshold, keys }: KeyRing['root']): void {
  if (threshold > keys.length) {
    throw invalidKeyRing(`${threshold} root signatures are called for, of ${keys.length} keys`);
  }
  for (const key of keys) publicKeyOf(key);
}

/** No key has two entries: roles are never shared, and a root key signs nothing else. */
function requireDistinctKeys({ root, keys, delegation }: KeyRing): void {
  const seen = new Set<string>();
  const delegate = delegation === undefined ? [] : [delegation.key];
  for (const { x, kid } of [...root.keys, ...delegate, ...keys]) {
    if (seen.has(x) || seen.has(kid)) throw invalidKeyRing(`key ${kid} is listed twice`);
    seen.add(x).add(kid);
  }
}

function requireSoundKey({ kid, role, agent, region, group }: RingKey): void {
  const ofAgent = role === 'agent-vote' || role === 'agent-witness';
  if (role === 'root') throw invalidKeyRing(`root key ${kid} stands among the other keys`);
  const place = [agent, region, group];
  if (ofAgent && place.includes(null)) {
    throw invalidKeyRing(`key ${kid} is an agent's and lacks an agent, region or group`);
  }
  if (!ofAgent && place.some((name) => name !== null)) {
    throw invalidKeyRing(`key ${kid} is for ${role} and names an agent, region or group`);
  }
}

function requireOnePlacePerAgent(keys: readonly RingKey[]): void {
  const regions = new Map<string, string | null>();
  for (const { agent, region } of keys) {
    if (agent === null) continue;
    const known = regions.get(agent);
    if (known !== undefined && known !== region) {
      throw invalidKeyRing(`agent ${agent} is in region ${known ?? '-'} and ${region ?? '-'}`);
    }
    regions.set(agent, region);
  }
}

/** A region in two voting groups would have two votes. */
function requireOneGroupPerRegion(keys: readonly Pick<RingKey, 'region' | 'group'>[]): void {
  const groups = new Map<string, string | null>();
  for (const { region, group } of keys) {
    if (region === null) continue;
    const known = groups.get(region);
    if (known !== undefined && known !== group) {
      throw invalidKeyRing(`region ${region} is in group ${known ?? '-'} and ${group ?? '-'}`);
    }
    groups.set(region, group);
  }
}

function requireDelegation({ delegation }: KeyRing): void {
  if (delegation === undefined) return;
  publicKeyOf(delegation.key);
  const regions = new Set(delegation.regions.map(({ region }) => region));
  if (regions.size < delegation.regions.length) {
    throw invalidKeyRing('the enrolment key is given a region twice');
  }
  if (regions.has(PUSH.region)) {
    throw invalidKeyRing(
      `the enrolment key is given "${PUSH.region}", the coordinator's own region`,
    );
  }
}

/** The policy's keys are the ring's: a log key has that role, a witness's no other than its own. */
function requirePolicy({ policy, keys }: KeyRing): void {
  if (policy.witness === null) {
    if (policy.f !== 0) throw invalidKeyRing('without a log there are no witnesses that may lie');
    return;
  }
  const { logs, witnesses } = parsePolicy(policy.witness);
  const roleOf = new Map(keys.map(({ kid, role }) => [kid, role]));
  if (logs.length === 0) throw invalidKeyRing('the witness policy names no log');
  for (const { name, publicKey } of logs) {
    if (roleOf.get(keyIdOf(publicKey)) !== 'log') {
      throw invalidKeyRing(`the key of the log ${name} is not a log key of the ring`);
    }
  }
  for (const { name, key } of witnesses) {
    // Witnesses of other networks have no entry in this ring.
    const role = roleOf.get(keyIdOf(key.publicKey)) ?? 'agent-witness';
    if (role !== 'agent-witness') {
      throw invalidKeyRing(`the key of the witness ${name} is for ${role}`);
    }
  }
}
