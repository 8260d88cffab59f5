/** The keys of a test's network: a root, a report key, and one vote key per agent. */
import { createNkeySeed, publicNkey } from '@trustmonitor/bus';
import { jwkOf, rootFileOf, signKeyRing, type Signer } from '@trustmonitor/evidence';
import { loadOrCreateSigner } from '@trustmonitor/evidence/node';
import {
  KEYRING_TYPE,
  PUSH,
  formatTimestamp,
  type KeyRing,
  type RingKey,
} from '@trustmonitor/protocol';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';

export const NETWORK = 'test';
const YEAR_MS = 365 * 86_400_000;

export interface AgentSpec {
  readonly agent: string;
  readonly region: string;
  readonly group: string;
  /** False: the broker knows the agent, and the key ring does not. */
  readonly enrolled?: boolean;
  readonly revoked?: boolean;
}

export interface AgentKeys extends AgentSpec {
  readonly signer: Signer;
  readonly nkeySeed: string;
  readonly nkey: string;
}

export interface NetworkKeys {
  readonly folder: string;
  readonly agents: ReadonlyMap<string, AgentKeys>;
  readonly coordinatorSeed: string;
  readonly rootFile: string;
  readonly keyringFile: string;
  readonly reportKeyFile: string;
  readonly pushKeyFile: string;
  readonly enrolmentKeyFile: string;
  readonly root: Signer;
  /** Any other key: what a forger has. */
  readonly stranger: Signer;
}

/** Call it at the top of a test file: the folder is removed when the file is done. */
export async function makeKeys(specs: readonly AgentSpec[]): Promise<NetworkKeys> {
  const folders: string[] = [];
  afterAll(async () => {
    for (const folder of folders) await rm(folder, { recursive: true, force: true });
  });
  const folder = await mkdtemp(join(tmpdir(), 'tm-coordinator-'));
  folders.push(folder);
  const path = (name: string): string => join(folder, name);
  const agents = specs.map((spec): AgentKeys => {
    const nkeySeed = createNkeySeed();
    const signer = loadOrCreateSigner(path(`${spec.agent}.pem`));
    return { ...spec, signer, nkeySeed, nkey: publicNkey(nkeySeed) };
  });
  const root = loadOrCreateSigner(path('root.pem'));
  const own = {
    report: loadOrCreateSigner(path('report.pem')),
    push: loadOrCreateSigner(path('push.pem')),
    enrolment: loadOrCreateSigner(path('enrolment.pem')),
  };
  const ring = ringOf(root, own, agents);
  await writeFile(path('root.json'), JSON.stringify(rootFileOf(ring)));
  await writeFile(path('keyring.json'), JSON.stringify([signKeyRing(ring, [root])]));
  return {
    folder,
    agents: new Map(agents.map((keys) => [keys.agent, keys])),
    coordinatorSeed: createNkeySeed(),
    rootFile: path('root.json'),
    keyringFile: path('keyring.json'),
    reportKeyFile: path('report.pem'),
    pushKeyFile: path('push.pem'),
    enrolmentKeyFile: path('enrolment.pem'),
    root,
    stranger: loadOrCreateSigner(path('stranger.pem')),
  };
}

function ringOf(
  root: Signer,
  { report, push, enrolment }: { report: Signer; push: Signer; enrolment: Signer },
  agents: readonly AgentKeys[],
): KeyRing {
  // Agents' clocks may be some minutes behind when they sign their first batch.
  const start = formatTimestamp(Date.now() - 3_600_000);
  const common = { operator: 'test', validFor: { start, end: null }, revokedAtLogSize: null };
  const nobody = { agent: null, region: null, group: null };
  return {
    _type: KEYRING_TYPE,
    network: NETWORK,
    version: 1,
    prev: null,
    issuedAt: start,
    expires: formatTimestamp(Date.now() + YEAR_MS),
    root: { threshold: 1, keys: [jwkOf(root.publicKey)] },
    keys: [
      { ...jwkOf(report.publicKey), ...common, ...nobody, role: 'coordinator-report' as const },
      { ...jwkOf(push.publicKey), ...common, ...PUSH, role: 'agent-vote' as const },
      ...agents
        .filter(({ enrolled }) => enrolled !== false)
        .map(({ agent, region, group, signer, revoked }): RingKey => ({
          ...jwkOf(signer.publicKey),
          ...common,
          revokedAtLogSize: revoked === true ? 1 : null,
          role: 'agent-vote',
          agent,
          region,
          group,
        })),
    ],
    policy: { witness: null, f: 0 },
    delegation: {
      key: jwkOf(enrolment.publicKey),
      regions: [
        ...new Map(
          agents.map(({ region, group }) => [region, { region, group, operator: 'test' }]),
        ),
      ].map(([, place]) => place),
      maxAgentsPerRegion: 2,
      expires: formatTimestamp(Date.now() + YEAR_MS),
    },
  };
}
