import { defineConfig } from 'vitest/config';

// Unit and store tests load the packages' TypeScript sources; end-to-end tests
// start the built command as real processes.
const resolve = { conditions: ['@trustmonitor/source', 'node', 'import', 'module', 'default'] };
const ssr = { resolve };

export default defineConfig({
  test: {
    projects: [
      {
        resolve,
        ssr,
        test: { name: 'unit', include: ['packages/*/test/**/*.test.ts'], testTimeout: 20_000 },
      },
      {
        resolve,
        ssr,
        test: {
          name: 'e2e',
          include: ['test/**/*.test.ts'],
          testTimeout: 120_000,
          hookTimeout: 120_000,
        },
      },
    ],
  },
});
