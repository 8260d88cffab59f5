/** Private keys on disk: PKCS#8 PEM, readable by their owner only, under a passphrase if wanted. */
import { createPrivateKey, randomBytes } from 'node:crypto';
import {
  closeSync,
  fsyncSync,
  linkSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
  type Stats,
} from 'node:fs';
import { dirname } from 'node:path';
import { TrustMonitorError } from '@trustmonitor/protocol';
import { encryptPrivateKey } from './encrypted-key.ts';
import { generateSigner, signerOf, type NodeSigner } from './signer.ts';

const OWNER_ONLY = 0o600;
const GROUP_OR_WORLD = 0o077;
/** All but reading by the group. */
const BEYOND_GROUP_READ = 0o037;

/** Whether a key file needs a passphrase. Throws as `loadSigner` does. */
export function isEncrypted(file: string): boolean {
  requirePrivate(file);
  return readFileSync(file, 'utf8').startsWith('-----BEGIN ENCRYPTED PRIVATE KEY-----');
}

/**
 * Loads the signer of a key file. Throws `key.missing` when there is none, and `key.invalid` for
 * one that others may read, that holds no Ed25519 private key, or that the passphrase does not
 * open.
 */
export function loadSigner(file: string, passphrase?: string): NodeSigner {
  if (isEncrypted(file) && passphrase === undefined) {
    throw new TrustMonitorError('key.invalid', `${file} is locked with a passphrase`, {
      where: file,
      hint: 'Give the passphrase: a running coordinator needs no such key.',
    });
  }
  try {
    const text = readFileSync(file);
    const key = createPrivateKey(passphrase === undefined ? text : { key: text, passphrase });
    if (key.asymmetricKeyType === 'ed25519') return signerOf(key);
  } catch (cause) {
    throw notAKey(file, cause);
  }
  throw notAKey(file);
}

/**
 * Writes a signer's key in one step: readers see the old file or the whole new one. With a
 * passphrase it is locked with that.
 */
export function saveSigner(file: string, signer: NodeSigner, passphrase?: string): void {
  writeThenPlace(file, pemOf(signer, passphrase), renameSync);
}

function pemOf({ privateKey }: NodeSigner, passphrase?: string): string {
  return passphrase === undefined
    ? privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
    : encryptPrivateKey(privateKey, passphrase);
}

/** Loads the key file, making it with a new key first when there is none. */
export function loadOrCreateSigner(file: string): NodeSigner {
  try {
    return loadSigner(file);
  } catch (error) {
    if (!(error instanceof TrustMonitorError) || error.code !== 'key.missing') throw error;
  }
  writeThenPlace(file, pemOf(generateSigner()), placeUnlessThere);
  return loadSigner(file);
}

type Place = (from: string, to: string) => void;

function writeThenPlace(file: string, pem: string, place: Place): void {
  const temporary = `${file}.${randomBytes(6).toString('hex')}.tmp`;
  try {
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
    try {
      writeDurably(temporary, pem);
      place(temporary, file);
    } finally {
      rmSync(temporary, { force: true });
    }
    syncFolder(dirname(file));
  } catch (cause) {
    throw new TrustMonitorError('data.unwritable', `the key file ${file} cannot be written`, {
      where: file,
      hint: 'Give this user the right to write to the folder, and check that the disk has room.',
      cause,
    });
  }
}

/**
 * Of two processes that start at once, one makes the key and both use it: a link fails where a
 * file is already. File systems without links get a rename.
 */
function placeUnlessThere(from: string, to: string): void {
  try {
    linkSync(from, to);
  } catch (error) {
    if (errnoOf(error) === 'EEXIST') return;
    renameSync(from, to);
  }
}

function writeDurably(file: string, text: string): void {
  const descriptor = openSync(file, 'wx', OWNER_ONLY);
  try {
    writeSync(descriptor, text);
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

/** Makes the file's name durable too. Windows has no such call on folders. */
function syncFolder(folder: string): void {
  if (process.platform === 'win32') return;
  const descriptor = openSync(folder, 'r');
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

/**
 * PostgreSQL's rule for its own key (runtime-config-connection, `ssl_key_file`): readable by its
 * owner only, or root's and readable by a group. The second is how systemd's credentials and
 * Kubernetes' secrets come to a process that is not root: it could not change them itself.
 */
function isPrivate({ mode, uid }: Stats): boolean {
  return (mode & GROUP_OR_WORLD) === 0 || (uid === 0 && (mode & BEYOND_GROUP_READ) === 0);
}

function requirePrivate(file: string): void {
  let found: Stats;
  try {
    found = statSync(file);
  } catch (cause) {
    if (errnoOf(cause) !== 'ENOENT') throw notAKey(file, cause);
    throw new TrustMonitorError('key.missing', `there is no key file ${file}`, {
      where: file,
      hint: 'Restore it from a backup, or make a new key and have it added to the key ring.',
      cause,
    });
  }
  // Windows has no such bits: its files always look readable by everybody.
  if (process.platform !== 'win32' && !isPrivate(found)) {
    throw new TrustMonitorError('key.invalid', `key file ${file} can be read by other users`, {
      where: file,
      hint: `Run: chmod 600 ${file}. If others may have read it, replace the key.`,
    });
  }
}

function notAKey(file: string, cause?: unknown): TrustMonitorError {
  return new TrustMonitorError('key.invalid', `${file} holds no Ed25519 private key`, {
    where: file,
    hint: 'A key file is PKCS#8 PEM of an Ed25519 key. If it is locked, is the passphrase right?',
    cause,
  });
}

const errnoOf = (error: unknown): unknown =>
  error instanceof Error && 'code' in error ? error.code : undefined;
