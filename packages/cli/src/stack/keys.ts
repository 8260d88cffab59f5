/** The stack's own keys: each is made once, on this machine, and stays here (0600). */
import { createBrokerSeeds, createNkeySeed, type BrokerSeeds } from '@trustmonitor/bus';
import { jwkOf, noteKeyOf, rootFileOf, type NoteKey, type Signer } from '@trustmonitor/evidence';
import { loadOrCreateSigner, loadSigner } from '@trustmonitor/evidence/node';
import { RootFile, TrustMonitorError, logOrigin, parserOf } from '@trustmonitor/protocol';
import { readIfThere } from './files.ts';
import { writeWhole } from './write-whole.ts';
import type { StackPaths } from './paths.ts';

export interface StackKeys {
  /** The root key: needed, and read, only when a version of the key ring is to be signed. */
  readonly root: () => Signer;
  readonly report: Signer;
  /** Signs the log's checkpoints. */
  readonly log: Signer;
  /** Signs the coordinator's votes on heartbeat monitors. */
  readonly push: Signer;
  /** The log's key under its name: what agents witness and verifiers check. */
  readonly logKey: NoteKey;
  /** Enrols agents in the root's place. */
  readonly enrolment: Signer;
  /** Whom the broker believes. */
  readonly broker: BrokerSeeds;
  readonly rootFile: RootFile;
  /** True on the very first start. */
  readonly isNew: boolean;
}

const rootFileParser = parserOf(RootFile, 'input.malformed');

/**
 * Loads the keys, and makes those that are missing.
 *
 * A root key is made only where there was never one: the root file names the key that outsiders
 * have pinned, and another key would make everything signed so far worthless. Throws
 * `key.missing`, `key.invalid` or `config.invalid`.
 */
export async function ensureKeys(paths: StackPaths, network: string): Promise<StackKeys> {
  const pinned = await readRootFile(paths);
  const rootFile =
    pinned ?? (await writeRootFile(paths, network, loadOrCreateSigner(paths.rootKeyFile)));
  requireNetwork(rootFile, network, paths);
  await ensureSeed(paths.coordinatorSeedFile, createNkeySeed);
  const log = loadOrCreateSigner(paths.logKeyFile);
  return {
    root: () => loadRoot(rootFile, paths),
    report: loadOrCreateSigner(paths.reportKeyFile),
    log,
    push: loadOrCreateSigner(paths.pushKeyFile),
    logKey: noteKeyOf(logOrigin(network), 'ed25519', log.publicKey),
    enrolment: loadOrCreateSigner(paths.enrolmentKeyFile),
    broker: await ensureBrokerSeeds(paths),
    rootFile,
    isNew: pinned === null,
  };
}

async function readRootFile({ rootFile }: StackPaths): Promise<RootFile | null> {
  const text = await readIfThere(rootFile);
  return text === null ? null : rootFileParser.parseJson(text, rootFile);
}

async function writeRootFile(
  { rootFile: path }: StackPaths,
  network: string,
  root: Signer,
): Promise<RootFile> {
  const rootFile = rootFileOf({ network, root: { threshold: 1, keys: [jwkOf(root.publicKey)] } });
  await writeWhole(path, `${JSON.stringify(rootFile, null, 2)}\n`, 0o644);
  return rootFile;
}

function requireNetwork(rootFile: RootFile, network: string, paths: StackPaths): void {
  if (rootFile.network !== network) {
    throw new TrustMonitorError(
      'config.invalid',
      `${paths.root} belongs to the network "${rootFile.network}", not to "${network}"`,
      { where: 'TM_NETWORK', hint: `set TM_NETWORK=${rootFile.network}, or use another --data` },
    );
  }
}

/** Throws `key.missing` where it is kept elsewhere, or `key.invalid`. */
function loadRoot(rootFile: RootFile, paths: StackPaths): Signer {
  const root = loadSigner(paths.rootKeyFile);
  if (rootFile.keys.some(({ kid }) => kid === root.kid)) return root;
  throw new TrustMonitorError(
    'key.invalid',
    `${paths.rootKeyFile} is not the root key that ${paths.rootFile} names`,
    { where: paths.rootKeyFile, hint: 'restore the two files from the same backup' },
  );
}

async function ensureBrokerSeeds(paths: StackPaths): Promise<BrokerSeeds> {
  const fresh = createBrokerSeeds();
  return {
    operator: await ensureSeed(paths.natsOperatorSeedFile, () => fresh.operator),
    account: await ensureSeed(paths.natsAccountSeedFile, () => fresh.account),
    system: await ensureSeed(paths.natsSystemSeedFile, () => fresh.system),
  };
}

/** An NKey seed, made once. */
async function ensureSeed(file: string, make: () => string): Promise<string> {
  const known = await readIfThere(file);
  if (known !== null) return known.trim();
  const seed = make();
  await writeWhole(file, `${seed}\n`, 0o600);
  return seed;
}
