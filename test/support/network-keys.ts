/** Keys and key ring of a network of test processes, in files as the processes want them. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ensureIdentity } from '@trustmonitor/agent';
import {
  formatVkey,
  jwkOf,
  majorityPolicy,
  noteKeyOf,
  publicKeyOf,
  rootFileOf,
  signKeyRing,
  type NoteKey,
  type Signer,
} from '@trustmonitor/evidence';
import { loadOrCreateSigner } from '@trustmonitor/evidence/node';
import {
  KEYRING_TYPE,
  PUSH,
  formatTimestamp,
  logOrigin,
  witnessName,
  type KeyRing,
  type Member,
  type RingKey,
} from '@trustmonitor/protocol';

export const NETWORK = 'e2e';
const YEAR_MS = 365 * 86_400_000;

type PublicJwk = Pick<RingKey, 'kty' | 'crv' | 'x' | 'kid' | 'alg'>;

/** An agent with keys of its own; one in each region. */
export interface Enrolled extends Member {
  readonly agent: string;
  readonly dataDirectory: string;
  readonly nkey: string;
  readonly voteKey: PublicJwk;
  readonly witnessKey: PublicJwk;
}

export async function enrol(folder: string, members: readonly Member[]): Promise<Enrolled[]> {
  const enrolled: Enrolled[] = [];
  for (const member of members) {
    const agent = `${member.region}-1`;
    const dataDirectory = join(folder, 'agents', agent);
    await mkdir(dataDirectory, { recursive: true, mode: 0o700 });
    const { nkeyPublic, ...keys } = await ensureIdentity(dataDirectory);
    enrolled.push({ ...member, agent, dataDirectory, nkey: nkeyPublic, ...keys });
  }
  return enrolled;
}

export async function writeKeys(folder: string, enrolled: readonly Enrolled[], seed: string) {
  const path = (name: string): string => join(folder, name);
  const own: OwnKeys = {
    root: loadOrCreateSigner(path('root.pem')),
    report: loadOrCreateSigner(path('report.pem')),
    log: loadOrCreateSigner(path('log.pem')),
    push: loadOrCreateSigner(path('push.pem')),
    enrolment: loadOrCreateSigner(path('enrolment.pem')),
  };
  const logKey = noteKeyOf(logOrigin(NETWORK), 'ed25519', own.log.publicKey);
  const ring = keyRingOf(own, logKey, enrolled);
  await writeFile(path('root.json'), JSON.stringify(rootFileOf(ring)));
  await writeFile(path('keyring.json'), JSON.stringify([signKeyRing(ring, [own.root])]));
  await writeFile(path('nats.seed'), seed, { mode: 0o600 });
  return {
    rootFile: path('root.json'),
    adminTokenFile: path('admin.token'),
    logVkey: formatVkey(logKey),
    coordinatorEnv: {
      TM_NATS_SEED_FILE: path('nats.seed'),
      TM_REPORT_KEY_FILE: path('report.pem'),
      TM_LOG_KEY_FILE: path('log.pem'),
      TM_PUSH_KEY_FILE: path('push.pem'),
      TM_ENROLMENT_KEY_FILE: path('enrolment.pem'),
      TM_ROOT_FILE: path('root.json'),
      TM_KEYRING_FILE: path('keyring.json'),
      TM_ADMIN_TOKEN_FILE: path('admin.token'),
    },
  };
}

interface OwnKeys {
  readonly root: Signer;
  readonly report: Signer;
  readonly log: Signer;
  readonly push: Signer;
  readonly enrolment: Signer;
}

function keyRingOf(own: OwnKeys, logKey: NoteKey, enrolled: readonly Enrolled[]): KeyRing {
  const now = Date.now();
  // Keys are older than clocks are wrong.
  const validFor = { start: formatTimestamp(now - YEAR_MS), end: null };
  const common = { operator: 'e2e', validFor, revokedAtLogSize: null };
  const nowhere = { agent: null, region: null, group: null };
  return {
    _type: KEYRING_TYPE,
    network: NETWORK,
    version: 1,
    prev: null,
    issuedAt: formatTimestamp(now),
    expires: formatTimestamp(now + YEAR_MS),
    root: { threshold: 1, keys: [jwkOf(own.root.publicKey)] },
    keys: [
      { ...jwkOf(own.report.publicKey), ...common, ...nowhere, role: 'coordinator-report' },
      { ...jwkOf(own.log.publicKey), ...common, ...nowhere, role: 'log' },
      { ...jwkOf(own.push.publicKey), ...common, ...PUSH, role: 'agent-vote' },
      ...enrolled.flatMap(({ agent, region, group, voteKey, witnessKey }): RingKey[] => [
        { ...voteKey, ...common, agent, region, group, role: 'agent-vote' },
        { ...witnessKey, ...common, agent, region, group, role: 'agent-witness' },
      ]),
    ],
    policy: majorityPolicy(
      logKey,
      enrolled.map(({ agent, witnessKey }) => ({
        name: agent,
        key: noteKeyOf(witnessName(NETWORK, agent), 'cosignature', publicKeyOf(witnessKey)),
      })),
    ),
    delegation: {
      key: jwkOf(own.enrolment.publicKey),
      regions: enrolled.map(({ region, group }) => ({ region, group, operator: 'e2e' })),
      maxAgentsPerRegion: 2,
      expires: formatTimestamp(now + YEAR_MS),
    },
  };
}
