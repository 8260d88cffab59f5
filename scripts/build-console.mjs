// Builds packages/console into static files, which the coordinator serves at `/`.
import { mkdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { isFresh } from './freshness.mjs';
import { ROOT } from './steps.mjs';

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
      outDir: partial,
      emptyOutDir: true,
      target: 'es2022',
      // As `data:` URLs they would need a wider policy.
      assetsInlineLimit: 0,
      modulePreload: { polyfill: false },
      chunkSizeWarningLimit: 1_000,
    },
  });
  // Whole or not at all: somebody may be serving it.
  await mkdir(CONSOLE_SITE, { recursive: true });
  await rm(CONSOLE_SITE, { recursive: true, force: true });
  await rename(partial, CONSOLE_SITE);
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) await buildConsole();
