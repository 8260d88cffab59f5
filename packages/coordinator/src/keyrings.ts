/** The key rings in force: imported from the file beside the process, verified from the root. */
import { readFile } from 'node:fs/promises';
import { payloadOf, digestOf, verifyKeyRings, type TrustedKeyRing } from '@trustmonitor/evidence';
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
import type { Database } from './store/database.ts';
import { insertKeyRings, selectKeyRings } from './store/keyrings.ts';

const rootParser = parserOf(RootFile, 'keyring.invalid');
const ringsParser = parserOf(Type.Array(Envelope), 'keyring.invalid');

export interface KeyRings {
  readonly root: RootFile;
  /** The newest version; earlier ones are reached from it. */
  readonly ring: TrustedKeyRing;
  readonly envelopes: readonly Envelope[];
  /** Enrolled regions; the coordinator's own, `push`, only where it has the key. */
  readonly members: readonly Member[];
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
  await insertKeyRings(
    database,
    offered.map((envelope, i) => ({
      version: i + 1,
      digest: digestOf(payloadOf(envelope, PAYLOAD_TYPES.keyring)),
      envelope,
    })),
  );
  const envelopes = (await selectKeyRings(database)).map((stored) => stored.envelope);
  const ring = verifyKeyRings(envelopes, root, nodeVerifier);
  return { root, ring, envelopes, members: ring.members() };
}

/** For a coordinator without the push key: it has no region of its own. */
export function withoutPush(keyRings: KeyRings): KeyRings {
  return { ...keyRings, members: keyRings.members.filter((member) => !isPush(member)) };
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
