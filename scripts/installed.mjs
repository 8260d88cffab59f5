import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

/**
 * True if node_modules holds what package-lock.json says. npm keeps its own record of what it
 * has installed in node_modules/.package-lock.json, written last, so an interrupted
 * installation has none. Comparing the two also sees a lock that a `git pull` has changed,
 * and an installation that was made by hand.
 * @param {string} root
 */
export async function isInstalled(root) {
  const wanted = await packagesOf(join(root, 'package-lock.json'));
  const present = await packagesOf(join(root, 'node_modules/.package-lock.json'));
  if (wanted === undefined || present === undefined) return false;
  return Object.entries(wanted)
    .filter(([path, entry]) => path.startsWith('node_modules/') && !mayBeMissing(entry))
    .every(
      ([path, entry]) => present[path] !== undefined && present[path].version === entry.version,
    );
}

// Packages for other platforms, and peers that nobody asked for.
function mayBeMissing(entry) {
  return entry.optional === true || entry.devOptional === true || entry.peer === true;
}

async function packagesOf(file) {
  try {
    return JSON.parse(await readFile(file, 'utf8')).packages;
  } catch {
    return undefined;
  }
}
