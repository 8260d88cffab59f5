// Whether something built is newer than everything that it is made of.
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { ROOT } from './steps.mjs';

/**
 * @param {string} output absolute path
 * @param {readonly string[]} sources files and folders, relative to the repository's root
 */
export async function isFresh(output, sources) {
  const built = await stat(output).catch(() => null);
  if (built === null) return false;
  for (const source of sources) {
    if ((await newestIn(join(ROOT, source))) > built.mtimeMs) return false;
  }
  return true;
}

/** Folders count too: a file that is gone changes its folder. */
async function newestIn(path) {
  const found = await stat(path);
  if (!found.isDirectory()) return found.mtimeMs;
  const names = await readdir(path);
  const times = await Promise.all(names.map((name) => newestIn(join(path, name))));
  return Math.max(found.mtimeMs, ...times);
}
