/** The next version of a key ring, for the changes that the enrolment key may sign. */
import {
  formatTimestamp,
  parseTimestamp,
  type KeyRing,
  type RingKey,
  type RootKey,
} from '@trustmonitor/protocol';
import { invalidKeyRing } from '../errors.ts';
import { enrolledFrom, policyAfter } from './delegation.ts';
import type { TrustedKeyRing } from './ring.ts';

export interface NewAgent {
  readonly agent: string;
  readonly region: string;
  readonly voteKey: RootKey;
  readonly witnessKey: RootKey;
}

/**
 * The version in which an agent is enrolled. Group and operator are those of the region. Keys
 * that an agent of this name had before are revoked from `logSize` on: a machine that was set up
 * anew takes the place of the old one.
 *
 * Throws `keyring.invalid` when the enrolment key was not given the region.
 */
export function enrolAgent(
  previous: TrustedKeyRing,
  { agent, region, voteKey, witnessKey }: NewAgent,
  { logSize, nowMs }: Moment,
): KeyRing {
  const place = previous.ring.delegation?.regions.find((given) => given.region === region);
  if (place === undefined) {
    throw invalidKeyRing(`region ${region} is not one that the enrolment key may enrol agents in`);
  }
  const issuedAt = issueTime(previous, nowMs);
  const common = { agent, ...place, validFor: { start: enrolledFrom(issuedAt), end: null } };
  const keys: RingKey[] = [
    ...revoked(previous.ring.keys, agent, logSize),
    { ...voteKey, ...common, role: 'agent-vote', revokedAtLogSize: null },
    { ...witnessKey, ...common, role: 'agent-witness', revokedAtLogSize: null },
  ];
  return nextVersion(previous, keys, issuedAt);
}

/** The version in which nothing that an agent signs from log index `logSize` on counts. */
export function revokeAgent(
  previous: TrustedKeyRing,
  agent: string,
  { logSize, nowMs }: Moment,
): KeyRing {
  const keys = revoked(previous.ring.keys, agent, logSize);
  return nextVersion(previous, keys, issueTime(previous, nowMs));
}

export interface Moment {
  /** Size of the log when the version is appended to it. */
  readonly logSize: number;
  readonly nowMs: number;
}

function revoked(keys: readonly RingKey[], agent: string, logSize: number): RingKey[] {
  return keys.map((key) =>
    key.agent === agent && key.revokedAtLogSize === null
      ? { ...key, revokedAtLogSize: logSize }
      : key,
  );
}

/** A clock that was set back must not make a version older than the one before it. */
function issueTime({ ring }: TrustedKeyRing, nowMs: number): string {
  return formatTimestamp(Math.max(nowMs, parseTimestamp(ring.issuedAt)));
}

function nextVersion(previous: TrustedKeyRing, keys: RingKey[], issuedAt: string): KeyRing {
  return {
    ...previous.ring,
    version: previous.version + 1,
    prev: previous.digest,
    issuedAt,
    keys,
    policy: policyAfter(previous.ring, keys),
  };
}
