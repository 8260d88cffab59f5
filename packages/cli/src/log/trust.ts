/** Where trust in a log starts: the pinned root, and the key rings that it vouches for. */
import { verifyKeyRings, type NoteKey, type TrustedKeyRing } from '@trustmonitor/evidence';
import { nodeVerifier } from '@trustmonitor/evidence/node';
import { TrustMonitorError, type Envelope, type RootFile } from '@trustmonitor/protocol';
import type { Settings } from '../settings.ts';
import { readIfThere } from '../stack/files.ts';
import { pathsOf } from '../stack/paths.ts';
import { readRootFile } from '../verify/read.ts';

export interface TrustOptions {
  readonly root?: string;
  readonly url?: string | undefined;
  readonly data?: string | undefined;
}

/**
 * The root file that was named, or that of the local stack when the local stack is asked about.
 * Never one from the network: who serves the log must not choose who vouches for it.
 */
export async function pinnedRoot(
  { root, url, data }: TrustOptions,
  settings: Settings,
): Promise<RootFile> {
  if (root !== undefined) return readRootFile(root);
  const local = pathsOf(data ?? settings.dataDirectory).rootFile;
  const isLocal = url === undefined && settings.apiUrl === null;
  if (isLocal && (await readIfThere(local)) !== null) return readRootFile(local);
  throw new TrustMonitorError('config.invalid', 'nothing says whom to trust', {
    where: '--root',
    hint: 'name the root file of the network, from a source other than the server itself',
  });
}

/** Throws what `verifyKeyRings` throws. */
export const trustedRing = (envelopes: readonly Envelope[], root: RootFile): TrustedKeyRing =>
  verifyKeyRings(envelopes, root, nodeVerifier);

/** The key of the log with this origin, in the newest ring that names it; null when none does. */
export function logKeyOf(ring: TrustedKeyRing | null, origin: string): NoteKey | null {
  if (ring === null) return null;
  const named = ring.policy?.logs.find(({ name }) => name === origin);
  return named ?? logKeyOf(ring.previous, origin);
}
