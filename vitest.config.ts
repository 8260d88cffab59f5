import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';

// Unit and store tests load the packages' TypeScript sources.
const resolve = { conditions: ['@trustmonitor/source', 'node'] };
const sources = { resolve, ssr: { resolve } };
// End-to-end tests start the built processes, and load what is built themselves: to compile the
// sources anew for each file took longer than many of the tests.
const built = { resolve: { conditions: ['node'] }, ssr: { resolve: { conditions: ['node'] } } };

/** One PostgreSQL for the whole run. */
const globalSetup = ['packages/testkit/src/servers/global-setup.ts'];

export default defineConfig({
  ...sources,
  test: {
    // Tests wait for servers more than they compute: a worker more than there are cores leaves none
    // idle, and vitest's own choice on two cores is one.
    maxWorkers: Math.max(2, availableParallelism() + 1),
    projects: [
      {
        ...sources,
        test: {
          name: 'unit',
          include: ['packages/*/test/**/*.test.ts'],
          // Far above what a test takes, so that a starved machine fails none.
          testTimeout: 60_000,
          // What tests import is loaded once a worker, not once a file: half of their time else.
          isolate: false,
          globalSetup,
        },
      },
      {
        ...built,
        test: {
          name: 'e2e',
          server: { deps: { external: [/\/packages\/[^/]+\/dist\//] } },
          include: ['test/**/*.test.ts'],
          exclude: ['test/sim/**'],
          testTimeout: 120_000,
          hookTimeout: 120_000,
          globalSetup,
        },
      },
      {
        ...sources,
        test: { name: 'sim', include: ['test/sim/**/*.test.ts'], testTimeout: 60_000 },
      },
    ],
  },
});
