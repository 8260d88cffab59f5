/** The verifier as others get it: packed, installed into an empty folder, and run there. */
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { incidentFixture } from '../../packages/evidence/test/fixture/incident.ts';

const ROOT = resolve(import.meta.dirname, '../..');
const BUILT = join(ROOT, 'packages/cli/dist/verifier');
const ALL_COMMANDS = join(ROOT, 'packages/cli/bin/trustmonitor.js');

let folder: string;
let alone: string;

interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

function run(command: string, args: readonly string[], cwd: string): Promise<Ran> {
  return new Promise((done) => {
    execFile(command, args, { cwd }, (error, stdout, stderr) => {
      done({ code: error === null ? 0 : Number(error.code ?? -1), stdout, stderr });
    });
  });
}

async function succeed(command: string, args: readonly string[], cwd: string): Promise<string> {
  const { code, stdout, stderr } = await run(command, args, cwd);
  if (code !== 0) throw new Error(`${command} ${args.join(' ')} ended with ${code}: ${stderr}`);
  return stdout;
}

const pack = async (source: string): Promise<string> => {
  const flags = ['pack', source, '--pack-destination', folder, '--json', '--ignore-scripts'];
  const [packed] = JSON.parse(await succeed('npm', flags, folder)) as { filename: string }[];
  return join(folder, packed!.filename);
};

beforeAll(async () => {
  await succeed(process.execPath, [join(ROOT, 'scripts/build-verifier.mjs')], ROOT);
  folder = await mkdtemp(join(tmpdir(), 'tm-verifier-'));
  const { dependencies } = JSON.parse(await readFile(join(BUILT, 'package.json'), 'utf8')) as {
    dependencies: Record<string, string>;
  };
  expect(Object.keys(dependencies)).toEqual(['@noble/ed25519', '@noble/hashes', 'canonicalize']);

  // What npm would fetch is packed from this checkout: nothing is asked of a registry.
  const sources = [
    BUILT,
    ...Object.keys(dependencies).map((name) => join(ROOT, 'node_modules', name)),
  ];
  const tarballs = await Promise.all(sources.map(pack));
  const home = join(folder, 'home');
  await mkdir(home);
  await writeFile(join(home, 'package.json'), '{"private":true}');
  await succeed('npm', ['install', '--offline', '--no-audit', '--no-fund', ...tarballs], home);
  alone = join(home, 'node_modules/.bin/trustmonitor-verify');
});

afterAll(() => rm(folder, { recursive: true, force: true }));

async function verifyBoth(bundle: Uint8Array, flags: readonly string[] = []) {
  const { net } = incidentFixture();
  const files = await mkdtemp(join(folder, 'case-'));
  await writeFile(join(files, 'bundle.json'), bundle);
  await writeFile(join(files, 'root.json'), JSON.stringify(net.root));
  const args = ['bundle.json', '--root', 'root.json', ...flags];
  const [packed, whole] = await Promise.all([
    run(alone, args, files),
    run(process.execPath, [ALL_COMMANDS, 'verify', ...args], files),
  ]);
  expect(packed).toEqual(whole);
  return packed;
}

test('verifies a sound bundle, and says the same as the whole command', async () => {
  const { bytes } = incidentFixture();
  const { code, stdout, stderr } = await verifyBoth(bytes);
  expect(code).toBe(0);
  expect(stderr).toMatch(/^ok {4}bundle\.format /);
  expect(stderr).toMatch(/PASSED: incident \S+ of checkout \(resolve\), 21 checks\n$/);
  expect(stdout).toContain('https://shop.example/checkout');
});

test('is what the whole command hands `verify` over to', async () => {
  const built = JSON.stringify(join(ROOT, 'packages/cli/dist/verify/built.js'));
  const script = `const { builtVerifier } = await import(${built}); console.log(await builtVerifier() !== null);`;
  expect(await succeed(process.execPath, ['--input-type=module', '-e', script], ROOT)).toBe(
    'true\n',
  );
});

test('refuses a tampered one, in words and as JSON', async () => {
  const { bytes } = incidentFixture();
  const text = new TextDecoder().decode(bytes);
  const tampered = new TextEncoder().encode(text.replace(/durationMs\\":84/, 'durationMs\\":85'));
  expect(await verifyBoth(tampered)).toMatchObject({
    code: 1,
    stdout: '',
    stderr: expect.stringMatching(/FAILED: votes\.inclusion: .*\n$/),
  });
  const { code, stdout } = await verifyBoth(tampered, ['--format', 'json']);
  expect([code, JSON.parse(stdout)]).toEqual([1, expect.objectContaining({ passed: false })]);
});

test('tells usage from a bundle that is none, and brings its page', async () => {
  expect(await verifyBoth(new TextEncoder().encode('hello'))).toMatchObject({ code: 2 });
  expect(await run(alone, ['bundle.json'], folder)).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('nothing says whom to trust'),
  });
  const page = join(folder, 'page.html');
  expect(await run(alone, ['--save-page', page], folder)).toMatchObject({ code: 0 });
  expect(await readFile(page, 'utf8')).toMatch(/^<!doctype html>/);
});
