import { execFileSync } from 'node:child_process';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { incidentFixture } from '../../evidence/test/fixture/incident.ts';
import { reportFile } from '../../evidence/test/fixture/uptime.ts';
import { EXIT } from '../src/exit.ts';
import { scratchFolder, tm } from './harness.ts';

const { bytes, net } = incidentFixture();
const BUNDLE = new TextDecoder().decode(bytes);

async function verify(
  bundle: string | Uint8Array,
  flags: readonly string[] = [],
  root = JSON.stringify(net.root),
) {
  const folder = await scratchFolder();
  const [bundleFile, rootFile] = [join(folder, 'bundle.json'), join(folder, 'root.json')];
  await writeFile(bundleFile, bundle);
  await writeFile(rootFile, root);
  return tm(['verify', bundleFile, '--root', rootFile, ...flags]);
}

interface Report {
  readonly passed: boolean;
  readonly checks: readonly object[];
  readonly statement?: { readonly predicate: { readonly monitor: string } };
}

const reportIn = (stdout: string) => JSON.parse(stdout) as Report;

/** Changes one digit inside the signed bytes of the first vote. */
const tampered = BUNDLE.replace(/durationMs\\":84/, 'durationMs\\":85');

describe('a sound bundle', () => {
  test('passes: checks and a last line on stderr, verified data on stdout', async () => {
    const { code, stdout, stderr } = await verify(bytes);
    expect(code).toBe(EXIT.ok);
    expect(stderr).toMatch(/^ok {4}bundle\.format /);
    expect(stderr).toContain('This does not prove:');
    expect(stderr.trimEnd().split('\n').at(-1)).toMatch(/^PASSED: incident \S+ of checkout/);
    expect(stdout).toContain('https://shop.example/checkout');
  });

  test('as JSON has its checks, and the statement when asked for', async () => {
    const plain = reportIn((await verify(bytes, ['--format', 'json'])).stdout);
    expect(plain).toMatchObject({ passed: true, checks: expect.any(Array) });
    expect(plain.checks[0]).toEqual({
      code: 'bundle.format',
      ok: true,
      detail: expect.any(String),
    });
    expect(plain).not.toHaveProperty('statement');
    const flags = ['--format', 'json', '--print-statement'];
    const { statement } = reportIn((await verify(bytes, flags)).stdout);
    expect(statement?.predicate.monitor).toBe('checkout');
  });

  test('quietly says nothing at all', async () => {
    expect(await verify(bytes, ['-q'])).toEqual({ code: 0, stdout: '', stderr: '' });
  });

  test('gives up its statement, and nothing but that, on stdout', async () => {
    const { stdout } = await verify(bytes, ['-q', '--print-statement']);
    expect(JSON.parse(stdout)).toMatchObject({ _type: 'https://in-toto.io/Statement/v1' });
  });
});

describe('an uptime report', () => {
  const report = reportFile(net, [bytes]);

  test('passes like a bundle, and says what it takes on trust', async () => {
    const { code, stdout, stderr } = await verify(report);
    expect(code).toBe(EXIT.ok);
    expect(stderr).toMatch(/^ok {4}report\.format /);
    expect(stderr).toContain('This takes on trust:');
    const last = stderr.trimEnd().split('\n').at(-1);
    expect(last).toBe('PASSED: uptime of checkout: 88.6792 %, 12 checks');
    expect(stdout).toMatch(/Down +1m in 1 incident/);
    const flags = ['--format', 'json', '--print-statement'];
    const json = JSON.parse((await verify(report, flags)).stdout) as object;
    expect(json).toMatchObject({
      passed: true,
      takenOnTrust: [expect.any(String), expect.any(String), expect.any(String)],
      statement: { predicate: { figure: { availabilityPpm: 886_792 } } },
    });
  });

  test('that states too much fails, and nothing of it is printed', async () => {
    const lie = reportFile(net, [bytes], (p) => ({
      ...p,
      figure: { ...p.figure, availabilityPpm: 886_793 },
    }));
    const { code, stdout, stderr } = await verify(lie, ['--print-statement']);
    expect([code, stdout]).toEqual([EXIT.failed, '']);
    expect(stderr.trimEnd().split('\n').at(-1)).toMatch(/^FAILED: report\.figure: /);
  });
});

describe('a bundle with one altered digit', () => {
  test('fails with a named check, and nothing of it is printed', async () => {
    expect(tampered).not.toBe(BUNDLE);
    const { code, stdout, stderr } = await verify(tampered, ['--print-statement']);
    expect([code, stdout]).toEqual([EXIT.failed, '']);
    expect(stderr.trimEnd().split('\n').at(-1)).toMatch(/^FAILED: votes\.\w+: /);
  });

  test('fails as JSON too, without a statement', async () => {
    const { code, stdout } = await verify(tampered, ['--format', 'json', '--print-statement']);
    const report = reportIn(stdout);
    expect([code, report.passed]).toEqual([EXIT.failed, false]);
    expect(report).not.toHaveProperty('statement');
    expect(report.checks.at(-1)).toMatchObject({ ok: false });
  });

  test('fails quietly', async () => {
    expect(await verify(tampered, ['-q'])).toEqual({ code: 1, stdout: '', stderr: '' });
  });
});

describe('what is no bundle', () => {
  test.each([
    ['text', 'hello'],
    ['other JSON', '{"a":1}'],
    ['nothing', ''],
  ])('is malformed: %s', async (_name, text) => {
    const { code, stdout, stderr } = await verify(text);
    expect([code, stdout]).toEqual([EXIT.usage, '']);
    expect(stderr).toContain('FAILED: bundle.format');
  });

  test('a file that is not there', async () => {
    const root = join(await scratchFolder(), 'root.json');
    await writeFile(root, JSON.stringify(net.root));
    const { code, stderr } = await tm(['verify', '/nonexistent', '--root', root]);
    expect(code).toBe(EXIT.usage);
    expect(stderr).toContain('the bundle /nonexistent cannot be read');
  });

  test('a folder', async () => {
    const folder = await scratchFolder();
    const root = join(folder, 'root.json');
    await writeFile(root, JSON.stringify(net.root));
    await mkdir(join(folder, 'bundle'));
    const { code } = await tm(['verify', join(folder, 'bundle'), '--root', root]);
    expect(code).toBe(EXIT.usage);
  });
});

describe('the root file', () => {
  test('of another network does not vouch for the bundle', async () => {
    const other = JSON.stringify({ ...net.root, network: 'other' });
    const { code, stderr } = await verify(bytes, [], other);
    expect(code).toBe(EXIT.failed);
    expect(stderr).toContain('FAILED: keyring.chain');
  });

  test('that is none is malformed, and named', async () => {
    const { code, stderr } = await verify(bytes, [], '{"keys":[]}');
    expect(code).toBe(EXIT.usage);
    expect(stderr).toMatch(/error: the root file .*root\.json is not valid/);
    expect(stderr).toContain('`trustmonitor keys root` prints a root file');
  });
});

describe('the page', () => {
  test('is saved as one file, and nothing else need be named', async () => {
    execFileSync(process.execPath, [
      fileURLToPath(new URL('../../../scripts/build-page.mjs', import.meta.url)),
    ]);
    const page = join(await scratchFolder(), 'verify.html');
    const { code, stderr } = await tm(['verify', '--save-page', page]);
    expect([code, stderr]).toEqual([EXIT.ok, expect.stringContaining('Wrote')]);
    const html = await readFile(page, 'utf8');
    expect(html).toMatch(/^<!doctype html>/);
    expect(html).not.toMatch(/\{\{|src="|href="/);
  });

  test('without it, the bundle and the root have to be named', async () => {
    expect(await tm(['verify'])).toMatchObject({ code: EXIT.usage });
    const { code, stderr } = await tm(['verify', 'bundle.json']);
    expect([code, stderr]).toEqual([EXIT.usage, expect.stringContaining('--root')]);
  });
});
