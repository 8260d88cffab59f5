/** A change of the key ring that only the root may make: worked out, signed, put into force. */
import { signKeyRing, type Signer, type TrustedKeyRing } from '@trustmonitor/evidence';
import { isEncrypted, loadSigner } from '@trustmonitor/evidence/node';
import {
  TrustMonitorError,
  formatTimestamp,
  parseTimestamp,
  type KeyRing,
  type RootKey,
} from '@trustmonitor/protocol';
import { resolve } from 'node:path';
import { writeFile } from 'node:fs/promises';
import type { Context } from '../context.ts';
import { openChain, type Chain } from './chain.ts';
import type { ChangeOptions } from './options.ts';
import { readPassphrase } from './passphrase.ts';

const LIFETIME_MS = 365 * 86_400_000;

export interface Change {
  /** The ring as it should be; version, predecessor and time are filled in. */
  readonly ring: KeyRing;
  /** Roots that sign beside those of the version before. */
  readonly newRoots?: readonly Signer[];
}

/** Returns what the reader is told; the draft's name where more roots must sign. */
export async function changeRing(
  options: ChangeOptions,
  { settings, terminal }: Context,
  change: (chain: Chain, issuedAt: string) => Promise<Change>,
): Promise<KeyRing> {
  const chain = await openChain(options, settings);
  const issuedAt = issueTime(chain.ring, Date.now());
  const { ring, newRoots = [] } = await change(chain, issuedAt);
  const next: KeyRing = {
    ...ring,
    version: chain.ring.version + 1,
    prev: chain.ring.digest,
    issuedAt,
    ...lastingFrom(ring, issuedAt),
  };
  const signers = await rootSigners(options, chain, chain.ring.ring.root.keys);
  const envelope = signKeyRing(next, [...signers, ...newRoots] as [Signer, ...Signer[]]);
  if (options.draft !== undefined) {
    await writeFile(options.draft, `${JSON.stringify(envelope, null, 2)}\n`);
    terminal.say(`Wrote ${options.draft}: version ${next.version}, signed by ${signers.length}.`);
    terminal.say(
      `Other roots add theirs with "${settings.commandName} keys sign", then publish it.`,
    );
    return next;
  }
  await chain.publish([envelope]);
  terminal.say(`Key ring version ${next.version} is in force (${chain.where}).`);
  return next;
}

/** The roots whose keys are on this machine. Throws `key.missing`, `key.invalid`. */
export async function rootSigners(
  { rootKey, passphraseFile }: Pick<ChangeOptions, 'rootKey' | 'passphraseFile'>,
  { paths }: Pick<Chain, 'paths'>,
  roots: readonly RootKey[],
): Promise<[Signer, ...Signer[]]> {
  const files = rootKey ?? [paths.rootKeyFile];
  const signers: Signer[] = [];
  for (const file of files.map((name) => resolve(name))) {
    const passphrase = isEncrypted(file)
      ? await readPassphrase(
          { ...(passphraseFile === undefined ? {} : { passphraseFile }) },
          `Passphrase of ${file}: `,
        )
      : undefined;
    const signer = loadSigner(file, passphrase);
    if (!roots.some(({ kid }) => kid === signer.kid)) {
      throw new TrustMonitorError('key.invalid', `${file} is no root key of this network now`, {
        where: file,
        hint: `its roots are ${roots.map(({ kid }) => kid).join(', ')}`,
      });
    }
    signers.push(signer);
  }
  return signers as [Signer, ...Signer[]];
}

/** Whatever the root signs is good for a year from then. */
function lastingFrom(
  { delegation }: KeyRing,
  issuedAt: string,
): Pick<KeyRing, 'expires' | 'delegation'> {
  const expires = formatTimestamp(parseTimestamp(issuedAt) + LIFETIME_MS);
  return delegation === undefined
    ? { expires }
    : { expires, delegation: { ...delegation, expires } };
}

/** A clock that was set back must not make a version older than the one before it. */
function issueTime({ ring }: TrustedKeyRing, nowMs: number): string {
  return formatTimestamp(Math.max(nowMs, parseTimestamp(ring.issuedAt)));
}
