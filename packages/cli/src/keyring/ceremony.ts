/** The keys of a new network, made on the machine where this runs. */
import { brokerTrustOf } from '@trustmonitor/bus';
import { ensureSharedSecrets } from '@trustmonitor/coordinator';
import { jwkOf, rootFileOf, signKeyRing } from '@trustmonitor/evidence';
import { generateSigner, saveSigner, type NodeSigner } from '@trustmonitor/evidence/node';
import { TrustMonitorError, type Delegation } from '@trustmonitor/protocol';
import { renderTrust } from '@trustmonitor/servers';
import { join } from 'node:path';
import { ensurePrivateFolder, readIfThere } from '../stack/files.ts';
import { firstRing } from '../stack/key-ring.ts';
import { ensureKeys } from '../stack/keys.ts';
import { pathsOf } from '../stack/paths.ts';
import { writeWhole } from '../stack/write-whole.ts';

export type NewRegion = Delegation['regions'][number];

export interface CeremonyOptions {
  readonly dataDirectory: string;
  readonly network: string;
  readonly regions: readonly NewRegion[];
  readonly roots: number;
  readonly threshold: number;
  /** Locks the root keys; nothing leaves them open. */
  readonly passphrase: string | undefined;
}

export interface Ceremony {
  /** Text of the public root file. */
  readonly rootFile: string;
  readonly rootKeyFiles: readonly string[];
}

/** Throws `key.invalid` where there is a network already: its root must never be made anew. */
export async function holdCeremony(options: CeremonyOptions): Promise<Ceremony> {
  const { network, threshold, roots, regions, passphrase } = options;
  const paths = pathsOf(options.dataDirectory);
  if (threshold > roots) {
    throw new TrustMonitorError('config.invalid', `${threshold} of ${roots} roots cannot sign`, {
      where: '--threshold',
    });
  }
  await ensurePrivateFolder(paths.keysFolder);
  if ((await readIfThere(paths.rootFile)) !== null) {
    throw new TrustMonitorError('key.invalid', `${paths.root} belongs to a network already`, {
      where: paths.rootFile,
      hint: 'choose another --data: outsiders have pinned that root',
    });
  }
  const signers: [NodeSigner, ...NodeSigner[]] = [generateSigner()];
  while (signers.length < roots) signers.push(generateSigner());
  const files = signers.map((_, i) =>
    i === 0 ? paths.rootKeyFile : join(paths.keysFolder, `root-${i + 1}.key`),
  );
  for (const [i, signer] of signers.entries()) saveSigner(files[i] ?? '', signer, passphrase);
  const keys = signers.map(({ publicKey }) => jwkOf(publicKey));
  const rootFile = `${JSON.stringify(rootFileOf({ network, root: { threshold, keys } }), null, 2)}\n`;
  await writeWhole(paths.rootFile, rootFile, 0o644);
  const stackKeys = await ensureKeys(paths, network);
  const ring = firstRing(stackKeys, [...regions], Date.now());
  const envelope = signKeyRing(ring, signers);
  // Several coordinators have these in common, so none of them can be left to make its own.
  await ensureSharedSecrets(paths);
  const trust = renderTrust(await brokerTrustOf(stackKeys.broker, network));
  await writeWhole(paths.natsTrustFile, `${trust.join('\n')}\n`, 0o644);
  await writeWhole(paths.keyringFile, `${JSON.stringify([envelope])}\n`, 0o644);
  return { rootFile: rootFile.trimEnd(), rootKeyFiles: files };
}
