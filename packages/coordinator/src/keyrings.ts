/**
 * The key rings in force. Versions come from the file beside the process, from enrolment and from
 * whoever holds the root; each is verified from the pinned root before it counts, and from then on
 * counts for whatever is decided next, without a restart.
 */
import { readFile } from 'node:fs/promises';
import {
  digestOf,
  payloadOf,
  verifyKeyRings,
  verifyNextKeyRing,
  type TrustedKeyRing,
  type Voter,
} from '@trustmonitor/evidence';
import { nodeVerifier } from '@trustmonitor/evidence/node';
import {
  Envelope,
  PAYLOAD_TYPES,
  RootFile,
  TrustMonitorError,
  isPush,
  parserOf,
  type Member,
} from '@trustmonitor/protocol';
import Type from 'typebox';
import type { Database, Queryable } from './store/database.ts';
import { insertKeyRings, selectKeyRings, type StoredKeyRing } from './store/keyrings.ts';

const rootParser = parserOf(RootFile, 'keyring.invalid');
const ringsParser = parserOf(Type.Array(Envelope), 'keyring.invalid');

/** All versions at one moment. Whoever decides by it holds on to it until the decision is written. */
export interface KeyRingSnapshot {
  /** The newest version; earlier ones are reached from it. */
  readonly ring: TrustedKeyRing;
  /** Every version as it was signed, oldest first. */
  readonly envelopes: readonly Envelope[];
  /** Enrolled regions; the coordinator's own, `push`, only where it has the key. */
  readonly members: readonly Member[];
}

/** A decision rests on a version that is not the newest: it is to be made again. */
export class RingSuperseded extends Error {}

export class KeyRings implements KeyRingSnapshot {
  readonly root: RootFile;
  #current: KeyRingSnapshot;
  #hasPushKey = true;

  /** The versions must have been verified from the root. */
  constructor(root: RootFile, ring: TrustedKeyRing, envelopes: readonly Envelope[]) {
    this.root = root;
    this.#current = { ring, envelopes, members: ring.members() };
  }

  get current(): KeyRingSnapshot {
    return this.#current;
  }

  get ring(): TrustedKeyRing {
    return this.#current.ring;
  }

  get envelopes(): readonly Envelope[] {
    return this.#current.envelopes;
  }

  get members(): readonly Member[] {
    return this.#current.members;
  }

  /** Agents of these regions. */
  get voters(): readonly Voter[] {
    return this.ring.voters();
  }

  /** For a coordinator without the push key: it has no region of its own. */
  withoutPush(): void {
    this.#hasPushKey = false;
    this.#set(this.#current.ring, this.#current.envelopes);
  }

  /**
   * Verifies and adopts the versions that follow the newest one. All of them or none; false when
   * there are none. Throws `keyring.invalid` or what else `verifyNextKeyRing` throws.
   */
  adopt(later: readonly Envelope[]): boolean {
    if (later.length === 0) return false;
    let { ring } = this.#current;
    for (const envelope of later) ring = verifyNextKeyRing(envelope, this.root, ring, nodeVerifier);
    this.#set(ring, [...this.#current.envelopes, ...later]);
    return true;
  }

  /** Adopts the versions that were stored since. True when there are any. */
  async refresh(database: Queryable): Promise<boolean> {
    const later = await selectKeyRings(database, this.ring.version);
    // Two refreshes at once find the same versions: the first adopts them.
    return this.adopt(
      later.filter(({ version }) => version > this.ring.version).map(({ envelope }) => envelope),
    );
  }

  #set(ring: TrustedKeyRing, envelopes: readonly Envelope[]): void {
    const members = ring.members().filter((member) => this.#hasPushKey || !isPush(member));
    this.#current = { ring, envelopes, members };
  }
}

/**
 * Reads the pinned root and the key rings, verifies the whole chain, and stores versions that
 * the database lacks. Throws `keyring.invalid` naming the file.
 */
export async function loadKeyRings(
  database: Database,
  files: { readonly rootFile: string; readonly keyringFile: string },
  network: string,
): Promise<KeyRings> {
  const root = rootParser.parseJson(await read(files.rootFile), files.rootFile);
  const offered = ringsParser.parseJson(await read(files.keyringFile), files.keyringFile);
  requireNetwork(root.network, network, files.rootFile);
  // What is offered is verified before it is stored, and what is stored before it is used.
  verifyKeyRings(offered, root, nodeVerifier);
  const rows = offered.map(rowOf);
  await insertKeyRings(database, rows);
  const stored = await selectKeyRings(database);
  requireSameHistory(rows, stored, files.keyringFile);
  const envelopes = stored.map(({ envelope }) => envelope);
  return new KeyRings(root, verifyKeyRings(envelopes, root, nodeVerifier), envelopes);
}

export function rowOf(envelope: Envelope, index: number): StoredKeyRing {
  const digest = digestOf(payloadOf(envelope, PAYLOAD_TYPES.keyring));
  return { version: index + 1, digest, envelope };
}

/** Two versions of one number cannot both hold; the one that was logged stays. */
function requireSameHistory(
  offered: readonly StoredKeyRing[],
  stored: readonly StoredKeyRing[],
  file: string,
): void {
  const known = new Map(stored.map(({ version, digest }) => [version, digest]));
  const other = offered.find(({ version, digest }) => known.get(version) !== digest);
  if (other === undefined) return;
  throw new TrustMonitorError(
    'keyring.invalid',
    `${file} has another version ${other.version} than the one in force`,
    {
      where: file,
      hint:
        'Take the versions in force from /.well-known/trustmonitor/keyring.json (table keyring), ' +
        'and sign the change again as the version after them.',
    },
  );
}

async function read(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (cause) {
    throw new TrustMonitorError('keyring.invalid', `${file} cannot be read`, {
      where: file,
      cause,
    });
  }
}

function requireNetwork(found: string, expected: string, file: string): void {
  if (found === expected) return;
  throw new TrustMonitorError('keyring.invalid', `${file} is for the network ${found}`, {
    where: file,
    hint: `TM_NETWORK says ${expected}: one of the two is wrong.`,
  });
}

/** Records signed with a key that the ring does not name would verify nowhere. */
export function requireReportKey(ring: TrustedKeyRing, kid: string, file: string): void {
  if (ring.keysOf('coordinator-report').some((key) => key.kid === kid)) return;
  throw new TrustMonitorError('key.invalid', `the key in ${file} is not in the key ring`, {
    where: file,
    hint: 'Sign a new key ring version that holds it as coordinator-report.',
  });
}
