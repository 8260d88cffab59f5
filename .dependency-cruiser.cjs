/*
 * The dependency rule: imports point downwards only, and a package shows what its `exports`
 * show. Held against the sources by scripts/check-dependencies.mjs, which also proves that
 * each rule below catches what it is for.
 */

/** Who may import whom, below ARCHITECTURE's layers. What is not listed is forbidden. */
const MAY_IMPORT = {
  // 0 and 1: pure
  protocol: [],
  quorum: ['protocol'],
  evidence: ['protocol', 'quorum'],
  alerting: ['protocol'],
  // 2: edge
  probes: ['protocol'],
  bus: ['protocol'],
  tracing: ['protocol'],
  servers: ['protocol'],
  // 3: apps. An agent sees neither the decision nor the store; apps do not see each other.
  agent: ['protocol', 'evidence', 'probes', 'bus', 'tracing'],
  coordinator: ['protocol', 'quorum', 'evidence', 'alerting', 'probes', 'bus', 'tracing'],
  cli: ['protocol', 'quorum', 'evidence', 'probes', 'bus', 'servers', 'agent', 'coordinator'],
  // 3: web
  console: ['protocol', 'quorum', 'evidence'],
  // test
  testkit: ['protocol', 'evidence', 'bus', 'servers'],
};

/** Sources that run anywhere, browsers included. */
const PURE = '^packages/(protocol|quorum|alerting)/src/|^packages/evidence/src/(?!node/)';

const layers = Object.entries(MAY_IMPORT).map(([name, allowed]) => ({
  name: `layer-${name}`,
  comment: `${name} may import ${allowed.join(', ') || 'no other package of ours'}`,
  severity: 'error',
  from: { path: `^packages/${name}/` },
  to: { path: `^packages/(?!(${[name, ...allowed].join('|')})/)` },
}));

module.exports = {
  forbidden: [
    ...layers,
    {
      name: 'known-package',
      comment: 'A new package first gets its line in MAY_IMPORT',
      severity: 'error',
      from: { path: `^packages/(?!(${Object.keys(MAY_IMPORT).join('|')})/)` },
      to: {},
    },
    {
      name: 'no-cycles',
      comment: 'Modules that need each other are one subject, or three',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    {
      name: 'no-deep-imports',
      comment: 'Across packages only what a package exports is seen',
      severity: 'error',
      from: { path: '^packages/([^/]+)/' },
      to: {
        path: '^packages/(?!$1/)',
        pathNot: '^packages/[^/]+/src/index\\.ts$|^packages/evidence/src/node/index\\.ts$',
      },
    },
    {
      name: 'by-package-name',
      comment: 'Another package is imported by its name, not by a path to it',
      severity: 'error',
      from: { path: '^packages/([^/]+)/' },
      to: { path: '^packages/(?!$1/)', dependencyTypes: ['local'] },
    },
    {
      name: 'pure-without-node',
      comment: 'Pure packages use no Node built-ins: they run in browsers too',
      severity: 'error',
      from: { path: PURE },
      to: { dependencyTypes: ['core'] },
    },
    {
      name: 'pure-without-node-entry',
      comment: 'The pure part of evidence does not lean on its Node part',
      severity: 'error',
      from: { path: PURE },
      to: { path: '^packages/evidence/src/node/' },
    },
    {
      name: 'declared-only',
      comment: 'A package imports only what its own package.json declares for running',
      severity: 'error',
      from: { path: '^packages/[^/]+/src/' },
      to: {
        dependencyTypes: ['npm-no-pkg', 'npm-unknown', 'npm-dev'],
        // vitest is what runs testkit, so it is there by then; the root declares it.
        pathNot: '(^|/)node_modules/vitest/',
      },
    },
    {
      name: 'vitest-in-testkit',
      comment: 'No product code needs the test runner',
      severity: 'error',
      from: { path: '^packages/(?!testkit/)[^/]+/src/' },
      to: { path: '(^|/)node_modules/vitest/' },
    },
    {
      name: 'store-in-coordinator',
      comment: 'Only the coordinator talks to PostgreSQL',
      severity: 'error',
      from: { path: '^packages/(?!(coordinator|testkit)/)[^/]+/src/' },
      to: { path: '(^|/)node_modules/(@types/)?pg/' },
    },
    {
      name: 'undici-where-allowed',
      comment: 'HTTP to user-given addresses goes through the guarded places only',
      severity: 'error',
      from: {
        path: '^packages/[^/]+/src/',
        pathNot: '^packages/(probes|cli)/src/|^packages/coordinator/src/notify/',
      },
      to: { path: '(^|/)node_modules/undici/' },
    },
    {
      name: 'no-unresolvable',
      comment: 'An import that leads nowhere would escape every other rule',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true },
    },
    {
      name: 'no-orphans',
      comment: 'A module that imports nothing and that nothing imports is dead',
      severity: 'error',
      from: { orphan: true, pathNot: '/src/(node/)?(index|main)\\.tsx?$' },
      to: {},
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    // Type-only imports are dependencies too.
    tsPreCompilationDeps: true,
    combinedDependencies: false,
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['@trustmonitor/source', 'types', 'import', 'node', 'default'],
      extensions: ['.ts', '.tsx', '.js', '.mjs', '.cjs', '.json', '.d.ts'],
    },
  },
};
