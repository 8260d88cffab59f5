import { copyFile, chmod, mkdtemp, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { ensureWritableFolder } from '../folders.ts';
import { requireUsable } from './version.ts';
import type { SourceResult } from './source.ts';

/** Puts a binary together in an empty folder and returns its path there, or why it could not. */
export type Fetch = (folder: string) => Promise<string | { readonly reason: string }>;

/**
 * The binary cached under `key`, fetched first when it is not there. Safe with any number of
 * processes at once: each fetches into a folder of its own, and a rename, which is atomic,
 * decides; whoever comes second replaces a file with an equal one.
 */
export async function cached(cacheDir: string, key: string, fetch: Fetch): Promise<SourceResult> {
  const path = join(cacheDir, `nats-server-${key}`);
  const present = await usable(path);
  if (present.found) return present;

  await ensureWritableFolder(cacheDir, 0o755);
  const folder = await mkdtemp(join(cacheDir, 'fetching-'));
  try {
    const binary = await fetch(folder);
    if (typeof binary !== 'string') return { found: false, reason: binary.reason };
    const complete = join(folder, 'complete');
    await copyFile(binary, complete);
    await chmod(complete, 0o755);
    const checked = await usable(complete);
    if (!checked.found) return checked;
    await rename(complete, path);
    return { ...checked, path };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function usable(path: string): Promise<SourceResult> {
  try {
    return { found: true, path, version: await requireUsable(path) };
  } catch (error) {
    return { found: false, reason: (error as Error).message };
  }
}
