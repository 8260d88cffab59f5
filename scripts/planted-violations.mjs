// A small copy of the workspace's shape, to plant violations of the dependency rule in.
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

const PACKAGES = [
  'protocol',
  'quorum',
  'evidence',
  'alerting',
  'probes',
  'bus',
  'tracing',
  'servers',
  'agent',
  'coordinator',
  'cli',
  'console',
  'testkit',
];

const NPM_PACKAGES = ['pg', 'undici', 'vitest', 'undeclared'];

/**
 * Each is what to add to one file so that one rule is broken. A layer is broken by importing
 * a package that is never below it.
 */
export const VIOLATIONS = [
  ...PACKAGES.map((name) => {
    const forbidden = name === 'testkit' ? 'coordinator' : 'testkit';
    return planted(`layer-${name}`, `packages/${name}/src/main.ts`, `@trustmonitor/${forbidden}`);
  }),
  planted('layer-agent', 'packages/agent/src/main.ts', '@trustmonitor/quorum'),
  planted('layer-coordinator', 'packages/coordinator/src/main.ts', '@trustmonitor/agent'),
  planted('layer-coordinator', 'packages/coordinator/src/main.ts', '@trustmonitor/servers'),
  planted('layer-evidence', 'packages/evidence/src/main.ts', '@trustmonitor/bus'),
  planted('known-package', 'packages/brandnew/src/main.ts', '@trustmonitor/protocol'),
  planted('no-cycles', 'packages/agent/src/inner.ts', './index.ts'),
  planted('no-deep-imports', 'packages/agent/src/main.ts', '../../protocol/src/inner.ts'),
  planted('by-package-name', 'packages/agent/src/main.ts', '../../protocol/src/index.ts'),
  planted('pure-without-node', 'packages/protocol/src/main.ts', 'node:fs'),
  planted('pure-without-node', 'packages/evidence/src/main.ts', 'crypto'),
  planted('pure-without-node-entry', 'packages/evidence/src/main.ts', './node/index.ts'),
  planted('declared-only', 'packages/probes/src/main.ts', 'undeclared'),
  planted('vitest-in-testkit', 'packages/bus/src/main.ts', 'vitest'),
  planted('store-in-coordinator', 'packages/agent/src/main.ts', 'pg'),
  planted('undici-where-allowed', 'packages/coordinator/src/main.ts', 'undici'),
  planted('no-unresolvable', 'packages/bus/src/main.ts', './nowhere.ts'),
  { rule: 'no-orphans', file: 'packages/bus/src/alone.ts', line: 'export const alone = 1;' },
];

function planted(rule, file, target) {
  return { rule, file, line: `export * as planted from '${target}';` };
}

/**
 * Runs `work` on a copy with one violation in it, or with none.
 * @template T
 * @param {{ file: string, line: string } | undefined} violation
 * @param {(folder: string) => Promise<T>} work
 * @returns {Promise<T>}
 */
export async function withPlanted(violation, work) {
  const folder = await mkdtemp(join(tmpdir(), 'trustmonitor-rule-'));
  try {
    for (const name of PACKAGES) await addPackage(folder, name);
    for (const name of NPM_PACKAGES) await addNpmPackage(folder, name);
    if (violation !== undefined) await write(folder, violation.file, `${violation.line}\n`);
    return await work(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function addPackage(folder, name) {
  const place = `packages/${name}`;
  const node = { '@trustmonitor/source': './src/node/index.ts' };
  const exports = { '.': { '@trustmonitor/source': './src/index.ts' }, './node': node };
  // All but one are declared, so that only the rule in question can object.
  const dependencies = { pg: '*', undici: '*', vitest: '*' };
  const manifest = { name: `@trustmonitor/${name}`, type: 'module', exports, dependencies };
  await write(folder, `${place}/package.json`, JSON.stringify(manifest));
  await write(folder, `${place}/src/index.ts`, `export { inner } from './inner.ts';\n`);
  await write(folder, `${place}/src/inner.ts`, 'export const inner = 1;\n');
  if (name === 'evidence') {
    await write(folder, `${place}/src/node/index.ts`, `export { inner } from '../inner.ts';\n`);
  }
  const link = join(folder, 'node_modules/@trustmonitor', name);
  await mkdir(dirname(link), { recursive: true });
  await symlink(join(folder, place), link);
}

async function addNpmPackage(folder, name) {
  const manifest = { name, version: '1.0.0', main: 'index.js' };
  await write(folder, `node_modules/${name}/package.json`, JSON.stringify(manifest));
  await write(folder, `node_modules/${name}/index.js`, 'module.exports = 1;\n');
}

async function write(folder, path, content) {
  await mkdir(dirname(join(folder, path)), { recursive: true });
  await writeFile(join(folder, path), content);
}
