/**
 * A new key in the place of an old one. The new key is on disk under another name before the ring
 * names it, and takes its place only after: whatever is interrupted can be done again.
 */
import { jwkOf, type Signer } from '@trustmonitor/evidence';
import { generateSigner, isEncrypted, saveSigner } from '@trustmonitor/evidence/node';
import {
  PUSH,
  TrustMonitorError,
  formatTimestamp,
  parseTimestamp,
  type KeyRing,
  type RingKey,
} from '@trustmonitor/protocol';
import { rename } from 'node:fs/promises';
import type { Context } from '../context.ts';
import type { StackPaths } from '../stack/paths.ts';
import { changeRing, type Change } from './change.ts';
import type { ChangeOptions } from './options.ts';
import { readPassphrase } from './passphrase.ts';

export type RotatableRole = 'coordinator-report' | 'push' | 'enrolment' | 'root';

const DAY_MS = 86_400_000;

/** Returns the file that holds the new key. */
export async function rotate(
  role: RotatableRole,
  options: ChangeOptions & { readonly overlapDays: number },
  context: Context,
): Promise<string> {
  let moved: { from: string; to: string } | undefined;
  await changeRing(options, context, async ({ paths, ring: { ring } }, issuedAt) => {
    const to = fileOf(role, paths);
    const from = `${to}.next`;
    const signer = generateSigner();
    const isLocked = role === 'root' && isEncrypted(to);
    const { passphraseFile } = options;
    const named = passphraseFile === undefined ? {} : { passphraseFile };
    const passphrase = isLocked ? await readPassphrase(named, 'Passphrase for it: ') : undefined;
    saveSigner(from, signer, passphrase);
    moved = { from, to };
    return changeOf(role, ring, signer, issuedAt, options.overlapDays * DAY_MS);
  });
  if (moved === undefined) throw new TrustMonitorError('internal', 'nothing was changed');
  if (options.draft !== undefined) return moved.from;
  await rename(moved.to, `${moved.to}.before`).catch(() => undefined);
  await rename(moved.from, moved.to);
  return moved.to;
}

function fileOf(role: RotatableRole, paths: StackPaths): string {
  switch (role) {
    case 'coordinator-report':
      return paths.reportKeyFile;
    case 'push':
      return paths.pushKeyFile;
    case 'enrolment':
      return paths.enrolmentKeyFile;
    case 'root':
      return paths.rootKeyFile;
  }
}

function changeOf(
  role: RotatableRole,
  ring: KeyRing,
  signer: Signer,
  issuedAt: string,
  overlapMs: number,
): Change {
  const jwk = jwkOf(signer.publicKey);
  if (role === 'root') {
    const [, ...others] = ring.root.keys;
    return {
      ring: { ...ring, root: { ...ring.root, keys: [jwk, ...others] } },
      newRoots: [signer],
    };
  }
  if (role === 'enrolment') {
    const { delegation } = ring;
    if (delegation === undefined) {
      throw new TrustMonitorError('config.invalid', 'the key ring delegates enrolment to nobody', {
        hint: 'name a region first: keys region add',
      });
    }
    return { ring: { ...ring, delegation: { ...delegation, key: jwk } } };
  }
  const isOld = (key: RingKey): boolean =>
    role === 'push' ? key.agent === PUSH.agent : key.role === role;
  const end = formatTimestamp(parseTimestamp(issuedAt) + overlapMs);
  const old = ring.keys.find((key) => isOld(key) && key.validFor.end === null);
  if (old === undefined) {
    throw new TrustMonitorError('config.invalid', `the key ring has no ${role} key to replace`);
  }
  const retired = ring.keys.map((key) =>
    isOld(key) && key.validFor.end === null ? { ...key, validFor: { ...key.validFor, end } } : key,
  );
  const fresh: RingKey = { ...old, ...jwk, validFor: { start: issuedAt, end: null } };
  return { ring: { ...ring, keys: [...retired, fresh] } };
}
