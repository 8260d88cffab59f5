// `npm run sim`: bundles the simulator with the product's sources and runs it in this process.
//
// A bundle, because the hot loop then calls the engine as fast as it can be called: the sources
// as modules that a loader rewrites take about half as long again.
import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build } from 'vite';
import { ROOT } from './steps.mjs';

const folder = await mkdtemp(join(ROOT, 'node_modules/.sim-'));
try {
  await build({
    root: ROOT,
    configFile: false,
    logLevel: 'error',
    resolve: { conditions: ['@trustmonitor/source', 'node'] },
    ssr: { noExternal: true, resolve: { conditions: ['@trustmonitor/source', 'node'] } },
    build: {
      ssr: join(ROOT, 'test/sim/main.ts'),
      outDir: folder,
      target: 'node20',
      minify: false,
      rollupOptions: { output: { entryFileNames: 'main.mjs', inlineDynamicImports: true } },
    },
  });
  const { main } = await import(pathToFileURL(join(folder, 'main.mjs')).href);
  process.exitCode = main(process.argv.slice(2));
} finally {
  await rm(folder, { recursive: true, force: true });
}
