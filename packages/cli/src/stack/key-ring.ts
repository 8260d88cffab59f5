/** The key ring of the stack: which key may do what, signed by the root. */
import {
  agentPolicyOf,
  jwkOf,
  signKeyRing,
  verifyKeyRings,
  type TrustedKeyRing,
} from '@trustmonitor/evidence';
import { nodeVerifier } from '@trustmonitor/evidence/node';
import {
  Envelope,
  KEYRING_TYPE,
  PUSH,
  TrustMonitorError,
  formatTimestamp,
  parseTimestamp,
  parserOf,
  type Delegation,
  type KeyRing,
  type RingKey,
} from '@trustmonitor/protocol';
import { isDeepStrictEqual } from 'node:util';
import { readIfThere } from './files.ts';
import { writeWhole } from './write-whole.ts';
import type { StackKeys } from './keys.ts';
import { LOCAL_OPERATOR, type Member } from './members.ts';
import type { StackPaths } from './paths.ts';

const DAY_MS = 86_400_000;
const LIFETIME_MS = 365 * DAY_MS;
/** A ring with less than this left is signed anew, so that none ever runs out in use. */
const RENEW_BEFORE_MS = 60 * DAY_MS;

const envelopeParser = parserOf(Envelope, 'keyring.invalid');

export interface KeyRingOutcome {
  readonly version: number;
  readonly isNew: boolean;
}

/** How many agents may join one region. */
const MAX_AGENTS_PER_REGION = 100;

/**
 * Makes sure that the newest version holds these keys, beside those of agents that have joined:
 * signs the next version when a key or a member has changed or the ring is about to expire, and
 * leaves it alone otherwise.
 *
 * Throws `keyring.invalid` when the versions on disk do not verify against the root.
 */
export async function ensureKeyRing(
  paths: StackPaths,
  keys: StackKeys,
  members: readonly Member[],
  nowMs: number,
): Promise<KeyRingOutcome> {
  const envelopes = await readEnvelopes(paths);
  const newest =
    envelopes.length === 0 ? null : verifyKeyRings(envelopes, keys.rootFile, nodeVerifier);
  const wanted = wantedOf(newest, keys, members);
  if (newest !== null && isCurrent(newest.ring, wanted, keys, nowMs)) {
    return { version: newest.version, isNew: false };
  }
  const next = nextRing(newest, keys, wanted, nowMs);
  const all = [...envelopes, signKeyRing(next, [keys.root()])];
  verifyKeyRings(all, keys.rootFile, nodeVerifier);
  await writeWhole(paths.keyringFile, `${JSON.stringify(all)}\n`, 0o644);
  return { version: next.version, isNew: true };
}

/** All versions on disk, oldest first; none where there is no file. Throws `keyring.invalid`. */
export async function readEnvelopes({
  keyringFile,
}: Pick<StackPaths, 'keyringFile'>): Promise<Envelope[]> {
  const text = await readIfThere(keyringFile);
  if (text === null) return [];
  try {
    const envelopes: unknown = JSON.parse(text);
    if (Array.isArray(envelopes)) return envelopes.map((one) => envelopeParser.parse(one));
  } catch (cause) {
    throw damaged(keyringFile, cause);
  }
  throw damaged(keyringFile);
}

function damaged(file: string, cause?: unknown): TrustMonitorError {
  return new TrustMonitorError('keyring.invalid', `${file} does not hold a key ring`, {
    where: file,
    hint: 'restore it from a backup: evidence signed so far refers to its versions',
    cause,
  });
}

/** A key and what it may do; since when is said by the version that first names it. */
type WantedKey = Omit<RingKey, 'validFor' | 'revokedAtLogSize'> & Partial<RingKey>;

interface Wanted {
  readonly keys: readonly WantedKey[];
  readonly regions: Delegation['regions'];
}

/** A key that was revoked stays so, whoever starts with it again. */
function revokedIn(newest: TrustedKeyRing | null, { kid }: WantedKey): RingKey | undefined {
  const known = newest?.ring.keys.find((key) => key.kid === kid);
  return (known?.revokedAtLogSize ?? null) === null ? undefined : known;
}

/** Keys in place of older ones are the stack's own business; those of other agents are not. */
function wantedOf(
  newest: TrustedKeyRing | null,
  keys: StackKeys,
  members: readonly Member[],
): Wanted {
  const own = keysOf(keys, members).map((key) => revokedIn(newest, key) ?? key);
  const names = new Set(own.map(({ agent }) => agent));
  const kids = new Set(own.map(({ kid }) => kid));
  const others = (newest?.ring.keys ?? []).filter(({ kid, agent, validFor, revokedAtLogSize }) => {
    if (kids.has(kid)) return false;
    // An entry that is dropped would be found in an older version, where nothing is said against it.
    const isRetired = revokedAtLogSize !== null || validFor.end !== null;
    return isRetired || (agent !== null && !names.has(agent));
  });
  const local = members.map(({ region, group }) => ({ region, group, operator: LOCAL_OPERATOR }));
  const given = (newest?.ring.delegation?.regions ?? []).filter(
    ({ region }) => !local.some((member) => member.region === region),
  );
  return { keys: [...own, ...others], regions: [...local, ...given] };
}

function keysOf({ report, log, push }: StackKeys, members: readonly Member[]): WantedKey[] {
  const operator = LOCAL_OPERATOR;
  const nowhere = { agent: null, region: null, group: null, operator };
  return [
    { ...jwkOf(report.publicKey), ...nowhere, role: 'coordinator-report' },
    { ...jwkOf(log.publicKey), ...nowhere, role: 'log' },
    { ...jwkOf(push.publicKey), ...PUSH, operator, role: 'agent-vote' },
    ...members.flatMap(({ agent, region, group, identity }): WantedKey[] => {
      const place = { agent, region, group, operator };
      return [
        { ...identity.voteKey, ...place, role: 'agent-vote' },
        { ...identity.witnessKey, ...place, role: 'agent-witness' },
      ];
    }),
  ];
}

function isCurrent(ring: KeyRing, wanted: Wanted, keys: StackKeys, nowMs: number): boolean {
  const isFresh = parseTimestamp(ring.expires) - nowMs > RENEW_BEFORE_MS;
  const isSameSet =
    ring.keys.length === wanted.keys.length &&
    wanted.keys.every((key) => find(ring, key) !== undefined);
  return (
    isFresh &&
    isSameSet &&
    ring.delegation?.key.kid === keys.enrolment.kid &&
    isDeepStrictEqual(ring.delegation.regions, wanted.regions) &&
    isDeepStrictEqual(ring.policy, agentPolicyOf(ring, keys.logKey))
  );
}

function find(ring: KeyRing, wanted: WantedKey): RingKey | undefined {
  return ring.keys.find(
    (key) =>
      key.kid === wanted.kid &&
      key.role === wanted.role &&
      key.agent === wanted.agent &&
      key.region === wanted.region &&
      key.group === wanted.group &&
      key.operator === wanted.operator &&
      key.revokedAtLogSize === (wanted.revokedAtLogSize ?? null),
  );
}

/** Version 1 of a network that has no agents yet: they join the regions. */
export function firstRing(keys: StackKeys, regions: Delegation['regions'], nowMs: number): KeyRing {
  return nextRing(null, keys, { keys: keysOf(keys, []), regions }, nowMs);
}

function nextRing(
  previous: TrustedKeyRing | null,
  { rootFile, logKey, enrolment }: Pick<StackKeys, 'rootFile' | 'logKey' | 'enrolment'>,
  wanted: Wanted,
  nowMs: number,
): KeyRing {
  // A clock that was set back must not make a version older than the one before it.
  const previousMs = previous === null ? 0 : parseTimestamp(previous.ring.issuedAt);
  const issuedAtMs = Math.max(nowMs, previousMs);
  const issuedAt = formatTimestamp(issuedAtMs);
  const expires = formatTimestamp(issuedAtMs + LIFETIME_MS);
  const keys = wanted.keys.map((key): RingKey => ({
    ...key,
    validFor: (previous === null ? undefined : find(previous.ring, key)?.validFor) ?? {
      start: issuedAt,
      end: null,
    },
    revokedAtLogSize: key.revokedAtLogSize ?? null,
  }));
  return {
    _type: KEYRING_TYPE,
    network: rootFile.network,
    version: (previous?.version ?? 0) + 1,
    prev: previous?.digest ?? null,
    issuedAt,
    expires,
    root: previous?.ring.root ?? { threshold: rootFile.threshold, keys: rootFile.keys },
    keys,
    policy: agentPolicyOf({ network: rootFile.network, keys }, logKey),
    delegation: {
      key: jwkOf(enrolment.publicKey),
      regions: [...wanted.regions],
      maxAgentsPerRegion: MAX_AGENTS_PER_REGION,
      expires,
    },
  };
}
