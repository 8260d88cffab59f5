/** The installer, run into a scratch folder, and the units that it installs, as systemd reads them. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, readlinkSync, readdirSync, rmSync } from 'node:fs';
import { statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { AGENT_SETTINGS } from '@trustmonitor/agent';
import { readConfig } from '@trustmonitor/coordinator';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readSettings } from './support/env-file.ts';

const ROOT = resolve(import.meta.dirname, '../..');
const CLI = 'packages/cli/bin/trustmonitor.js';
const scratch = mkdtempSync(join(tmpdir(), 'tm-systemd-'));
const root = join(scratch, 'root');
const at = (...names: readonly string[]) => join(root, ...names);
const unitFile = (role: string) => at('etc/systemd/system', `trustmonitor-${role}.service`);
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

function run(command: string, ...args: readonly string[]) {
  const { status, stdout, stderr, error } = spawnSync(command, args, { encoding: 'utf8' });
  return { status, stdout, stderr, isMissing: error !== undefined };
}

/** Never without `--root`: run by root it would install on this machine. */
function runInstaller(role: string, release: string, ...more: readonly string[]) {
  const own = ['--root', root, '--node', process.execPath, '--no-dependencies'];
  const script = join(ROOT, 'deploy/systemd/install.sh');
  return run(script, role, '--release', release, ...own, ...more);
}

function install(...args: readonly [role: string, release: string, ...more: string[]]): string {
  const { status, stdout, stderr } = runInstaller(...args);
  expect([status, stderr]).toEqual([0, '']);
  return stdout;
}

beforeAll(() => {
  const keys = join(scratch, 'ring');
  const ceremony = ['keys', 'init', '--data', keys, '--network', 'acme', '--no-passphrase'];
  const made = run(process.execPath, join(ROOT, CLI), ...ceremony, '--region', 'eu=hetzner');
  expect([made.status, made.stderr]).toEqual([0, expect.stringContaining('move them off')]);
  expect(install('coordinator', 'first', '--keys', keys)).toContain('coordinator.env');
  expect(install('agent', 'second')).toContain('trustmonitor-agent-join');
});

const lines = (role: string, key: string): string[] =>
  readFileSync(unitFile(role), 'utf8')
    .split('\n')
    .filter((line) => line.startsWith(`${key}=`))
    .map((line) => line.slice(key.length + 1));

/** What a service gets: the unit's own variables, and those of its file of settings. */
function environmentOf(role: string): Record<string, string> {
  const own = lines(role, 'Environment').map((line) => line.split(/=(.*)/s, 2) as [string, string]);
  const settings = readSettings(readFileSync(at('etc/trustmonitor', `${role}.env`), 'utf8'));
  return Object.fromEntries([...Object.entries(settings), ...own]);
}

test('a release is whole, and what runs is switched to it in one step', () => {
  expect(readlinkSync(at('opt/trustmonitor/current'))).toBe('releases/second');
  expect(readdirSync(at('opt/trustmonitor/releases'))).toEqual(['first', 'second']);
  symlinkSync(join(ROOT, 'node_modules'), at('opt/trustmonitor/current/node_modules'));
  const version = run(process.execPath, at('opt/trustmonitor/current', CLI), '--version');
  expect([version.status, version.stdout]).toEqual([0, expect.stringMatching(/^\d+\.\d+/)]);
  for (const role of ['coordinator', 'agent']) {
    const [node, script] = lines(role, 'ExecStart')[0]!.split(' ');
    expect(node).toBe(process.execPath);
    expect(existsSync(at(script!))).toBe(true);
  }
  const twice = runInstaller('agent', 'second');
  expect([twice.status, twice.stderr]).toEqual([1, expect.stringContaining('there already')]);
});

test('settings and keys that are there stay; the root and the operator are not among them', () => {
  const settings = at('etc/trustmonitor/agent.env');
  writeFileSync(settings, 'TM_REGION=eu\n');
  install('agent', 'third');
  expect(readFileSync(settings, 'utf8')).toBe('TM_REGION=eu\n');
  expect(readlinkSync(at('opt/trustmonitor/current'))).toBe('releases/third');

  const secrets = readdirSync(at('etc/trustmonitor/secrets')).toSorted();
  const given = lines('coordinator', 'LoadCredential').map((line) => line.split(':'));
  expect(secrets).toEqual(given.map(([name]) => name).toSorted());
  expect(given.map(([, file]) => file)).toEqual(
    given.map(([name]) => `/etc/trustmonitor/secrets/${name}`),
  );
  const modes = [...secrets.map((name) => `secrets/${name}`), 'coordinator.env', 'agent.env'].map(
    (name) => statSync(at('etc/trustmonitor', name)).mode & 0o777,
  );
  expect(new Set(modes)).toEqual(new Set([0o600]));
});

test('both start with the settings that they are given', () => {
  const secrets = at('etc/trustmonitor/secrets');
  const coordinator = environmentOf('coordinator');
  const there = (value: string) =>
    value.replace('%d', secrets).replace(/^\/etc\/trustmonitor/, at('etc/trustmonitor'));
  const environment = Object.fromEntries(
    Object.entries(coordinator).map(([name, value]) => [name, there(value)]),
  );
  const config = readConfig(environment);
  for (const file of [config.reportKeyFile, config.rootFile, config.secretKeyFile]) {
    expect(existsSync(file)).toBe(true);
  }
  const known = Object.values(AGENT_SETTINGS).map(({ name }) => name as string);
  const template = readFileSync(join(ROOT, 'deploy/systemd/agent.env'), 'utf8');
  const names = Object.keys(readSettings(template)).filter((name) => name.startsWith('TM_'));
  expect(names.filter((name) => !known.includes(name))).toEqual([]);
  expect(environmentOf('agent')).toMatchObject({ TM_DATA_DIR: '%S/trustmonitor-agent' });
});

test('systemd has no objection to the units, and little to fear of them', (context) => {
  const files = ['coordinator', 'agent'].map(unitFile);
  const verified = run('systemd-analyze', 'verify', ...files);
  if (verified.isMissing) context.skip('systemd-analyze is not installed (Debian package systemd)');
  expect(verified).toMatchObject({ status: 0, stdout: '', stderr: '' });
  for (const file of files) {
    const hardened = ['DynamicUser=yes', 'ProtectSystem=strict', 'NoNewPrivileges=yes'];
    expect(readFileSync(file, 'utf8').split('\n')).toEqual(expect.arrayContaining(hardened));
    // In tenths, from 0 (nothing to fear) to 100.
    const security = run('systemd-analyze', 'security', '--offline=true', '--threshold=20', file);
    expect([security.status, security.stderr]).toEqual([0, '']);
  }
});
