import { randomBytes } from 'node:crypto';
import { chmod, chown, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ensureWritableFolder, writePrivateFile } from '../folders.ts';
import type { Identity } from './identity.ts';

/** What lies in the folder that `startPostgres` is given. */
export interface Layout {
  readonly folder: string;
  /** PostgreSQL's own data directory (PGDATA). */
  readonly data: string;
  readonly passwordFile: string;
  readonly logFile: string;
  readonly recordFile: string;
}

export function layoutOf(folder: string): Layout {
  return {
    folder,
    data: join(folder, 'data'),
    passwordFile: join(folder, 'superuser.password'),
    logFile: join(folder, 'postgres.log'),
    recordFile: join(folder, 'postgres.pid.json'),
  };
}

/** Makes the folder, one that the server's user may pass through but not list. */
export async function prepareFolder({ folder }: Layout, identity: Identity): Promise<void> {
  await ensureWritableFolder(folder, 0o700);
  if (identity.uid !== undefined) await chmod(folder, 0o711);
}

/** The superuser's password, made at the first start. 192 random bits, safe in a URL. */
export async function superuserPassword(layout: Layout, identity: Identity): Promise<string> {
  const existing = await readFile(layout.passwordFile, 'utf8').catch(() => '');
  if (existing.trim() !== '') return existing.trim();
  const password = randomBytes(24).toString('base64url');
  await writePrivateFile(layout.passwordFile, `${password}\n`);
  await giveTo(identity, layout.passwordFile); // initdb reads it, as that user.
  return password;
}

/** Hands a path to the server's user, where that is not us. */
export async function giveTo({ uid, gid }: Identity, path: string): Promise<void> {
  if (uid !== undefined && gid !== undefined) await chown(path, uid, gid);
}
