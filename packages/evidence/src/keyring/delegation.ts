/**
 * What a version may change that the enrolment key signed instead of the root. Everything else is
 * as it was: a thief of that key can add agents to the regions that it was given, up to the number
 * allowed, and can do nothing to roots, to the coordinator's keys or to other regions.
 */
import {
  formatTimestamp,
  parseTimestamp,
  type Delegation,
  type KeyRing,
  type RingKey,
} from '@trustmonitor/protocol';
import { canonicalText } from '../canonical.ts';
import { invalidKeyRing } from '../errors.ts';
import { parsePolicy } from '../log/policy.ts';
import { MAX_CLOCK_SKEW_MS } from '../record/fresh.ts';
import { agentPolicyOf } from './agent-policy.ts';

/** Throws `keyring.invalid` saying what the enrolment key may not do. */
export function requireDelegatedChange(before: KeyRing, after: KeyRing): void {
  const { delegation } = before;
  if (delegation === undefined) throw refused('sign: the version before names none');
  if (!(parseTimestamp(after.issuedAt) < parseTimestamp(delegation.expires))) {
    throw refused(`sign: its time ended at ${delegation.expires}`);
  }
  requireSame(before, after, ['network', 'expires', 'root', 'delegation']);
  requireKeysKept(before.keys, after.keys, delegation);
  for (const key of newKeys(before, after)) requireEnrollable(key, after, delegation);
  requireRoom(after.keys, delegation);
  requireFollowingPolicy(before, after);
}

function refused(what: string): ReturnType<typeof invalidKeyRing> {
  return invalidKeyRing(`the enrolment key may not ${what}`);
}

function requireSame(before: KeyRing, after: KeyRing, fields: readonly (keyof KeyRing)[]): void {
  for (const field of fields) {
    if (!isSame(before[field], after[field])) throw refused(`change "${field}"`);
  }
}

/** Each key stays, in its place; an agent's may become revoked, once. */
function requireKeysKept(
  before: readonly RingKey[],
  after: readonly RingKey[],
  delegation: Delegation,
): void {
  for (const [at, known] of before.entries()) {
    const now = after[at];
    if (now === undefined || now.kid !== known.kid)
      throw refused(`remove or move key ${known.kid}`);
    if (isSame(known, now)) continue;
    const isRevocation =
      known.revokedAtLogSize === null &&
      now.revokedAtLogSize !== null &&
      isSame(known, { ...now, revokedAtLogSize: null });
    if (!isRevocation || !isAgentOf(known, delegation)) throw refused(`change key ${known.kid}`);
  }
}

function newKeys(before: KeyRing, after: KeyRing): RingKey[] {
  return after.keys.slice(before.keys.length);
}

function requireEnrollable(key: RingKey, { issuedAt }: KeyRing, delegation: Delegation): void {
  if (!isAgentOf(key, delegation)) {
    throw refused(
      `enrol a key for ${key.role} in region ${key.region ?? '-'}, group ${key.group ?? '-'}, ` +
        `operator ${key.operator ?? '-'}`,
    );
  }
  const { validFor, revokedAtLogSize } = key;
  const start = enrolledFrom(issuedAt);
  if (validFor.start !== start || validFor.end !== null || revokedAtLogSize !== null) {
    throw refused(`enrol key ${key.kid} for another time than from ${start} on`);
  }
}

/** Its clock may be behind, as far as its votes are counted at all. */
export function enrolledFrom(issuedAt: string): string {
  return formatTimestamp(parseTimestamp(issuedAt) - MAX_CLOCK_SKEW_MS);
}

/** An agent's key, in a region that is given to the enrolment key, with that region's group. */
function isAgentOf(key: RingKey, { regions }: Delegation): boolean {
  const isAgents = key.role === 'agent-vote' || key.role === 'agent-witness';
  return (
    isAgents &&
    regions.some(
      ({ region, group, operator }) =>
        key.region === region && key.group === group && key.operator === operator,
    )
  );
}

function requireRoom(keys: readonly RingKey[], delegation: Delegation): void {
  const { regions, maxAgentsPerRegion } = delegation;
  for (const { region } of regions) {
    const votes = standing(keys, 'agent-vote').filter((key) => key.region === region);
    if (votes.length > maxAgentsPerRegion) {
      throw refused(`enrol more than ${maxAgentsPerRegion} agents in region ${region}`);
    }
  }
  for (const role of ['agent-vote', 'agent-witness'] as const) {
    const names = standing(keys, role).map(({ agent }) => agent);
    const twice = names.find((name, i) => names.indexOf(name) !== i);
    if (twice !== undefined) throw refused(`give agent ${twice ?? '-'} a second ${role} key`);
  }
}

function standing(keys: readonly RingKey[], role: RingKey['role']): RingKey[] {
  return keys.filter((key) => key.role === role && key.revokedAtLogSize === null);
}

/** A policy that follows the agents goes on to follow them; any other is for the root to change. */
function requireFollowingPolicy(before: KeyRing, after: KeyRing): void {
  const wanted = policyAfter(before, after.keys);
  if (!isSame(wanted, after.policy)) throw refused('change the witness policy as it did');
}

/** The policy of a ring in which the agents become `keys`. */
export function policyAfter(before: KeyRing, keys: readonly RingKey[]): KeyRing['policy'] {
  const { witness } = before.policy;
  const [logKey] = witness === null ? [] : parsePolicy(witness).logs;
  if (logKey === undefined) return before.policy;
  const followsAgents = isSame(before.policy, agentPolicyOf(before, logKey));
  return followsAgents ? agentPolicyOf({ ...before, keys: [...keys] }, logKey) : before.policy;
}

function isSame(a: unknown, b: unknown): boolean {
  if (a === undefined || b === undefined) return a === b;
  return canonicalText(a) === canonicalText(b);
}
