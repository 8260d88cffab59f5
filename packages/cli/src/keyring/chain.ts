/** The key ring to be changed: that of a running coordinator, or the file of one that is not. */
import { verifyKeyRings, type TrustedKeyRing } from '@trustmonitor/evidence';
import { nodeVerifier } from '@trustmonitor/evidence/node';
import {
  RootFile,
  TrustMonitorError,
  isTrustMonitorError,
  parserOf,
  type Envelope,
} from '@trustmonitor/protocol';
import { connectApi } from '../api/client.ts';
import type { ApiOptions } from '../api/locate.ts';
import type { Settings } from '../settings.ts';
import { readIfThere } from '../stack/files.ts';
import { readEnvelopes } from '../stack/key-ring.ts';
import { pathsOf, type StackPaths } from '../stack/paths.ts';
import { writeWhole } from '../stack/write-whole.ts';

const rootParser = parserOf(RootFile, 'keyring.invalid');

export interface Chain {
  readonly paths: StackPaths;
  /** The pinned root, from this machine: an API cannot vouch for itself. */
  readonly root: RootFile;
  readonly ring: TrustedKeyRing;
  /** What the reader is told about where it is. */
  readonly where: string;
  /** Verifies and puts the next versions into force. */
  publish(envelopes: readonly Envelope[]): Promise<void>;
}

/** Throws `keyring.invalid`, or `config.invalid` when this machine has no root file. */
export async function openChain(options: ApiOptions, settings: Settings): Promise<Chain> {
  const paths = pathsOf(options.data ?? settings.dataDirectory);
  const root = await readRoot(paths);
  return (await running(options, settings, paths, root)) ?? (await onDisk(paths, root));
}

async function readRoot(paths: StackPaths): Promise<RootFile> {
  const text = await readIfThere(paths.rootFile);
  if (text !== null) return rootParser.parseJson(text, paths.rootFile);
  throw new TrustMonitorError('config.invalid', `there is no root file ${paths.rootFile}`, {
    where: '--data (TM_DATA_DIR)',
    hint: 'name the folder that holds the network’s root.json and keys, or make them: keys init',
  });
}

/** Null when no stack runs here and no API is named. */
async function running(
  options: ApiOptions,
  settings: Settings,
  paths: StackPaths,
  root: RootFile,
): Promise<Chain | null> {
  const api = await connectApi(options, settings).catch((error: unknown) => {
    if (isTrustMonitorError(error, 'stack.not_running')) return null;
    throw error;
  });
  if (api === null) return null;
  const ring = verifyKeyRings(await api.network.keyRings(), root, nodeVerifier);
  return {
    paths,
    root,
    ring,
    where: 'the running coordinator',
    publish: async (envelopes) => {
      await api.network.publishKeyRings(envelopes);
    },
  };
}

async function onDisk(paths: StackPaths, root: RootFile): Promise<Chain> {
  const known = await readEnvelopes(paths);
  return {
    paths,
    root,
    ring: verifyKeyRings(known, root, nodeVerifier),
    where: paths.keyringFile,
    publish: async (envelopes) => {
      const all = [...known, ...envelopes];
      verifyKeyRings(all, root, nodeVerifier);
      await writeWhole(paths.keyringFile, `${JSON.stringify(all)}\n`, 0o644);
    },
  };
}
