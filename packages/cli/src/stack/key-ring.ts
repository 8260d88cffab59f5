/** The key ring of the stack: which key may do what, signed by the root. */
import { jwkOf, signKeyRing, verifyKeyRings, type TrustedKeyRing } from '@trustmonitor/evidence';
import { nodeVerifier } from '@trustmonitor/evidence/node';
import {
  Envelope,
  KEYRING_TYPE,
  TrustMonitorError,
  formatTimestamp,
  parseTimestamp,
  parserOf,
  type KeyRing,
  type RingKey,
} from '@trustmonitor/protocol';
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

/**
 * Makes sure that the newest version holds exactly these keys: signs the next version when a key
 * or a member has changed or the ring is about to expire, and leaves it alone otherwise.
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
  const wanted = keysOf(keys, members);
  if (newest !== null && isCurrent(newest.ring, wanted, nowMs)) {
    return { version: newest.version, isNew: false };
  }
  const next = nextRing(newest, keys, wanted, nowMs);
  const all = [...envelopes, signKeyRing(next, [keys.root])];
  verifyKeyRings(all, keys.rootFile, nodeVerifier);
  await writeWhole(paths.keyringFile, `${JSON.stringify(all)}\n`, 0o644);
  return { version: next.version, isNew: true };
}

async function readEnvelopes({ keyringFile }: StackPaths): Promise<Envelope[]> {
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
type WantedKey = Omit<RingKey, 'validFor' | 'revokedAtLogSize'>;

function keysOf({ report }: StackKeys, members: readonly Member[]): WantedKey[] {
  return [
    {
      ...jwkOf(report.publicKey),
      role: 'coordinator-report',
      agent: null,
      region: null,
      group: null,
      operator: LOCAL_OPERATOR,
    },
    ...members.map(({ agent, region, group, identity }): WantedKey => ({
      ...identity.voteKey,
      role: 'agent-vote',
      agent,
      region,
      group,
      operator: LOCAL_OPERATOR,
    })),
  ];
}

function isCurrent(ring: KeyRing, wanted: readonly WantedKey[], nowMs: number): boolean {
  const isFresh = parseTimestamp(ring.expires) - nowMs > RENEW_BEFORE_MS;
  const isSameSet = ring.keys.length === wanted.length;
  return isFresh && isSameSet && wanted.every((key) => find(ring, key) !== undefined);
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
      key.revokedAtLogSize === null,
  );
}

function nextRing(
  previous: TrustedKeyRing | null,
  { root, rootFile }: StackKeys,
  wanted: readonly WantedKey[],
  nowMs: number,
): KeyRing {
  // A clock that was set back must not make a version older than the one before it.
  const previousMs = previous === null ? 0 : parseTimestamp(previous.ring.issuedAt);
  const issuedAtMs = Math.max(nowMs, previousMs);
  const issuedAt = formatTimestamp(issuedAtMs);
  return {
    _type: KEYRING_TYPE,
    network: rootFile.network,
    version: (previous?.version ?? 0) + 1,
    prev: previous?.digest ?? null,
    issuedAt,
    expires: formatTimestamp(issuedAtMs + LIFETIME_MS),
    root: { threshold: 1, keys: [jwkOf(root.publicKey)] },
    keys: wanted.map((key) => ({
      ...key,
      validFor: (previous === null ? undefined : find(previous.ring, key)?.validFor) ?? {
        start: issuedAt,
        end: null,
      },
      revokedAtLogSize: null,
    })),
    policy: { witness: null, f: 0 },
  };
}
