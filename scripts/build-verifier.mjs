// Bundles `trustmonitor verify` into a package of its own, packages/cli/dist/verifier: one file,
// with nothing beside it at run time but the cryptography and canonical JSON. `npm pack` it there.
import { copyFile, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { buildPage, PAGE_FILE } from './build-page.mjs';
import { isFresh } from './freshness.mjs';
import { ROOT } from './steps.mjs';

const CLI = join(ROOT, 'packages/cli');
const ENTRY = join(CLI, 'dist/verify/verifier.js');
const OUTPUT = join(CLI, 'dist/verifier');
const BUNDLE = 'verifier.js';

/** As the command asks before it uses the bundle (packages/cli/src/verify/built.ts). */
const SOURCES = [
  'packages/cli/dist/.tsbuildinfo',
  'packages/evidence/dist/.tsbuildinfo',
  'packages/evidence/dist/node/.tsbuildinfo',
  'packages/protocol/dist/.tsbuildinfo',
  'packages/quorum/dist/.tsbuildinfo',
  'packages/cli/verifier',
  'package-lock.json',
  'scripts/build-verifier.mjs',
];

/** What stays a dependency: others may want to update it, or to look at it, on its own. */
const DEPENDENCIES = ['@noble/ed25519', '@noble/hashes', 'canonicalize'];

/** Builds the package from what `tsc -b` has compiled, unless it is newer than that. */
export async function buildVerifier() {
  if (await isFresh(join(OUTPUT, BUNDLE), SOURCES)) return;
  await buildPage();
  const { code, modules } = await bundle();
  await mkdir(OUTPUT, { recursive: true });
  await writeWhole('package.json', await packageFile());
  await writeWhole('bin.js', BIN);
  await writeWhole('THIRD-PARTY.txt', await licences(modules));
  await copyFile(PAGE_FILE, join(OUTPUT, 'verify.html'));
  await copyFile(join(CLI, 'verifier/README.md'), join(OUTPUT, 'README.md'));
  await copyFile(join(ROOT, 'LICENSE'), join(OUTPUT, 'LICENSE'));
  // Last: while it is old, nobody takes the package for a new one.
  await writeWhole(BUNDLE, code);
}

const BIN = `#!/usr/bin/env node
import { runAlone } from './${BUNDLE}';
await runAlone();
`;

async function bundle() {
  // Loaded only when there is something to build: it takes longer than the check.
  const { build } = await import('vite');
  const result = await build({
    root: CLI,
    configFile: false,
    logLevel: 'error',
    ssr: { noExternal: true, external: DEPENDENCIES },
    build: {
      ssr: ENTRY,
      write: false,
      target: 'node20',
      minify: 'esbuild',
      rollupOptions: {
        external: [/^@noble\//, 'canonicalize'],
        output: { format: 'esm', inlineDynamicImports: true },
      },
    },
  });
  const { output } = Array.isArray(result) ? result[0] : result;
  if (output.length !== 1) throw new Error(`the verifier has ${output.length} parts, not one`);
  return { code: output[0].code, modules: output[0].moduleIds };
}

async function packageFile() {
  const read = async (file) => JSON.parse(await readFile(join(ROOT, file), 'utf8'));
  const evidence = await read('packages/evidence/package.json');
  const { version, license, engines } = await read('packages/cli/package.json');
  return `${JSON.stringify(
    {
      name: 'trustmonitor-verify',
      version,
      description: 'Checks TrustMonitor evidence offline: one file and a pinned root key.',
      license,
      type: 'module',
      engines,
      bin: { 'trustmonitor-verify': './bin.js' },
      exports: {},
      files: ['*.js', 'verify.html', 'THIRD-PARTY.txt'],
      dependencies: Object.fromEntries(
        DEPENDENCIES.map((name) => [name, evidence.dependencies[name]]),
      ),
    },
    null,
    2,
  )}\n`;
}

/** The licence of each package that the bundle has code of, as those licences ask. */
async function licences(modules) {
  const folders = new Set(
    modules.flatMap((id) => /^\0?(.*\/node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(id)?.[1] ?? []),
  );
  const texts = [...folders].toSorted().map(async (folder) => {
    const { name, version } = createRequire(import.meta.url)(join(folder, 'package.json'));
    const text = await readFile(join(folder, 'LICENSE'), 'utf8').catch(() =>
      readFile(join(folder, 'license'), 'utf8'),
    );
    return `${name} ${version}\n\n${text.trim()}\n`;
  });
  return (await Promise.all(texts)).join(`\n${'-'.repeat(72)}\n\n`);
}

/** Whole or not at all: somebody may be running it. */
async function writeWhole(name, text) {
  const file = join(OUTPUT, name);
  const partial = `${file}.${process.pid}`;
  await mkdir(dirname(file), { recursive: true });
  try {
    await writeFile(partial, text, { mode: name === 'bin.js' ? 0o755 : 0o644 });
    await rename(partial, file);
  } finally {
    await rm(partial, { force: true });
  }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) await buildVerifier();
