/** Small private files (0600) that are made once and then only read. */
import { randomUUID } from 'node:crypto';
import { link, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { TrustMonitorError } from '@trustmonitor/protocol';

/** Reads `file`, or writes what `create` makes; two that start together agree on one content. */
export async function readOrCreate(file: string, create: () => string): Promise<string> {
  const existing = await readIfThere(file);
  if (existing !== null) return existing;
  const draft = `${file}.${randomUUID()}`;
  try {
    await mkdir(dirname(file), { recursive: true, mode: 0o700 });
    await writeFile(draft, `${create()}\n`, { mode: 0o600, flag: 'wx' });
    // Fails when the file is there: whoever came first is right. It appears whole or not at all.
    await link(draft, file);
  } catch (cause) {
    if (!hasCode(cause, 'EEXIST')) throw unusable(file, 'written', 'write', cause);
  } finally {
    await rm(draft, { force: true }).catch(() => undefined);
  }
  return (await readIfThere(file)) ?? '';
}

async function readIfThere(file: string): Promise<string | null> {
  try {
    return (await readFile(file, 'utf8')).trim();
  } catch (cause) {
    if (hasCode(cause, 'ENOENT')) return null;
    throw unusable(file, 'read', 'read', cause);
  }
}

function unusable(file: string, done: string, access: string, cause: unknown): TrustMonitorError {
  return new TrustMonitorError('data.unwritable', `${file} cannot be ${done}`, {
    where: file,
    hint: `Give this user ${access} access to the file and its folder.`,
    cause,
  });
}

function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}
