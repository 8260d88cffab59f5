// Builds packages/console into static files, which the coordinator serves at `/`.
import { readFile, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { gzipSync } from 'node:zlib';
import { isFresh } from './freshness.mjs';
import { ROOT, StepFailed } from './steps.mjs';

const CONSOLE = join(ROOT, 'packages/console');
export const CONSOLE_SITE = join(CONSOLE, 'dist');
const SOURCES = [
  'packages/console/src',
  'packages/console/index.html',
  'packages/console/package.json',
  'packages/evidence/src',
  'packages/protocol/src',
  'packages/quorum/src',
  'package-lock.json',
  'scripts/build-console.mjs',
];

/** Builds the console unless it is newer than everything that it is made of. */
export async function buildConsole() {
  if (await isFresh(join(CONSOLE_SITE, 'index.html'), SOURCES)) return;
  // Loaded only when there is something to build: it takes longer than the check.
  const { build } = await import('vite');
  const partial = `${CONSOLE_SITE}.${process.pid}`;
  try {
    await buildInto(partial, build);
    await requireSmall(partial);
    await replaceSite(partial);
  } finally {
    await rm(partial, { recursive: true, force: true });
  }
}

/** Whole or not at all, and whoever else builds now: of two renames the second follows at once. */
async function replaceSite(partial) {
  const before = `${partial}.before`;
  for (;;) {
    await rename(CONSOLE_SITE, before).catch(unless('ENOENT'));
    const isTaken = await rename(partial, CONSOLE_SITE).catch(unless('ENOTEMPTY', 'EEXIST'));
    await rm(before, { recursive: true, force: true });
    if (isTaken !== IGNORED) return;
  }
}

const IGNORED = Symbol('ignored');
const unless =
  (...codes) =>
  (error) => {
    if (codes.includes(error.code)) return IGNORED;
    throw error;
  };

async function buildInto(outDir, build) {
  await build({
    root: CONSOLE,
    configFile: false,
    logLevel: 'error',
    // For production whatever our own environment says, in both: markup made for development asks for
    // what React for production does not have.
    esbuild: { jsx: 'automatic', jsxDev: false },
    define: { 'process.env.NODE_ENV': '"production"' },
    resolve: { conditions: ['@trustmonitor/source', 'import', 'module', 'browser', 'default'] },
    build: {
      outDir,
      emptyOutDir: true,
      target: 'es2022',
      // As `data:` URLs they would need a wider policy.
      assetsInlineLimit: 0,
      modulePreload: { polyfill: false },
      chunkSizeWarningLimit: 1_000,
    },
  });
}

/** What a browser loads before it shows anything; the map, plots and the verifier come when they are asked for. */
const MOST_MAIN_BYTES = 200_000;

async function requireSmall(folder) {
  const assets = join(folder, 'assets');
  const main = (await readdir(assets)).filter((name) => /^index-.*\.(js|css)$/.test(name));
  const parts = await Promise.all(main.map((name) => readFile(join(assets, name))));
  const bytes = parts.reduce((sum, part) => sum + gzipSync(part).length, 0);
  process.stdout.write(`console: ${(bytes / 1_000).toFixed(1)} kB at first, compressed\n`);
  // The script and the style: fewer, and something else is being measured.
  if (main.length === 2 && bytes <= MOST_MAIN_BYTES) return;
  throw new StepFailed(
    `the console loads ${bytes} bytes in ${main.length} files at first, compressed; ` +
      `${MOST_MAIN_BYTES} in 2 are the limit`,
  );
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) await buildConsole();
