import { defineConfig } from 'vitest/config';

const resolve = { conditions: ['@trustmonitor/source', 'node'] };

export default defineConfig({
  resolve,
  ssr: { resolve },
  test: {
    root: '.',
    include: ['bench/load/load.ts'],
    testTimeout: 3_600_000,
    hookTimeout: 120_000,
    reporters: ['dot'],
  },
});
