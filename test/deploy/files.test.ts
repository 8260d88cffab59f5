/** The files of deploy/ as the tools that will read them see them; nothing is started. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { mkdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import {
  brokerTrustOf,
  createBrokerSeeds,
  createNkeySeed,
  credentialFile,
  issueCredential,
  publicNkey,
} from '@trustmonitor/bus';
import { leafPermissions } from '@trustmonitor/protocol';
import { renderTrust } from '@trustmonitor/servers';
import { testNatsBinary } from '@trustmonitor/testkit';
import { afterAll, expect, test } from 'vitest';
import { DEPLOY, readCompose } from './support/compose.ts';

const ROOT = resolve(DEPLOY, '..');
const scratch = mkdtempSync(join(tmpdir(), 'tm-deploy-files-'));
afterAll(() => rmSync(scratch, { recursive: true }));

const VARIABLES = {
  POSTGRES_PASSWORD: 'secret',
  GRAFANA_PASSWORD: 'secret',
  TM_NETWORK: 'acme',
  TM_USER: '10001:10001',
};
const read = (...names: readonly string[]) => readFileSync(join(DEPLOY, ...names), 'utf8');

test('every setting that is named anywhere is a setting', () => {
  const known = readFileSync(join(ROOT, 'docs/configuration.md'), 'utf8');
  // Of the scripts themselves.
  const own = ['TM_USER', 'TM_IMAGE', 'TM_STATE', 'TM_ENV_FILE'];
  const files = readdirSync(DEPLOY, { recursive: true, withFileTypes: true }).filter(
    (entry) => entry.isFile() && !entry.parentPath.includes('state'),
  );
  expect(files.length).toBeGreaterThan(15);
  const named = files.flatMap(({ parentPath, name }) => [
    ...readFileSync(join(parentPath, name), 'utf8').matchAll(/\bTM_[A-Z_]+|\bDATABASE_URL\w*/g),
  ]);
  const names = named.map(([name]) => name).filter((name) => !own.includes(name));
  expect(names.filter((name) => !known.includes(`\`${name}\``))).toEqual([]);
});

test('what containers are given is there, and they are not given more than they need', () => {
  const { services } = readCompose(VARIABLES);
  const mounts = Object.values(services).flatMap(({ volumes = [] }) => volumes);
  const files = mounts.map((mount) => mount.split(':')[0] ?? '').filter((f) => f.startsWith('../'));
  expect(files.length).toBeGreaterThan(4);
  expect(files.filter((file) => !existsSync(join(DEPLOY, 'compose', file)))).toEqual([]);
  for (const [name, service] of Object.entries(services)) {
    if (name === 'postgres') continue;
    expect([name, service]).toEqual([
      name,
      expect.objectContaining({
        read_only: true,
        cap_drop: ['ALL'],
        security_opt: ['no-new-privileges:true'],
      }),
    ]);
  }
  const { environment: first } = services['coordinator-1'] ?? {};
  expect(services['coordinator-2']?.environment).toEqual(first);
  const programs = ['coordinator', 'agent'].map((part) => `packages/${part}/src/main.ts`);
  expect(programs.filter((file) => !existsSync(join(ROOT, file)))).toEqual([]);
  const image = read('Dockerfile');
  expect(image).toMatch(/^USER 10001:10001$/m);
  expect(image).toMatch(/^RUN npm sbom /m);
});

test('an image and a checkout hold what they are to hold, and nobody is given a token to show', () => {
  // What the image takes is what the installer takes.
  const takenBy = (file: string) =>
    /tar -cf - ([^|]*)\|/
      .exec(read(file))?.[1]
      ?.replaceAll(/\\?\s+|\)/g, ' ')
      .trim();
  expect(takenBy('Dockerfile')).toBe(takenBy('systemd/install.sh'));
  expect(read('Dockerfile').match(/^COPY .*\/src.*/gm)).toBeNull();
  const lines = (file: string) => readFileSync(join(ROOT, file), 'utf8').split('\n');
  expect(lines('.dockerignore')).toEqual(
    expect.arrayContaining(['deploy/compose/state', '**/passphrase', '**/.env', '**/*.key']),
  );
  expect(lines('.gitignore')).toEqual(
    expect.arrayContaining(['deploy/compose/state/', 'deploy/compose/.env', 'passphrase']),
  );
  for (const script of ['systemd/join.sh', 'compose/join.sh']) {
    const commands = read(script).replaceAll('\\\n', ' ').split(/\n|\|/);
    // `printf` is the shell's own: no process has these as its arguments.
    const given = commands.filter((line) => /\$\{?(?:token|join)\b/.test(line));
    expect(given.length).toBeGreaterThan(0);
    expect(given.filter((line) => !/^\s*printf /.test(line))).toEqual([]);
    expect(spawnSync('sh', ['-n', join(DEPLOY, script)]).status).toBe(0);
  }
});

test('containers are given every setting of who vouches for people', () => {
  const source = readFileSync(join(ROOT, 'packages/coordinator/src/oidc/settings.ts'), 'utf8');
  const names = [...source.matchAll(/'(TM_OIDC_[A-Z_]+)'/g)].map(([, name]) => name ?? '');
  // A secret comes as itself here: a file of it would have to be mounted.
  const wanted = new Set(names.filter((name) => !name.endsWith('_FILE')));
  expect(wanted.size).toBeGreaterThan(8);
  const given = readCompose(VARIABLES).services['coordinator-1']?.environment ?? {};
  expect([...wanted].filter((name) => !(name in given))).toEqual([]);
});

test('docker compose reads its file', (context) => {
  const file = join(DEPLOY, 'compose/compose.yaml');
  const env = { PATH: process.env['PATH'], HOME: process.env['HOME'], ...VARIABLES };
  const options = { env, encoding: 'utf8' } as const;
  const has = spawnSync('docker', ['compose', 'version'], options);
  if (has.status !== 0) context.skip('docker compose is not installed');
  const ran = spawnSync('docker', ['compose', '--file', file, 'config', '--quiet'], options);
  expect([ran.status, ran.stderr]).toEqual([0, '']);
});

test.each(['compose/nats.conf', 'nats/supercluster.conf', 'nats/leaf.conf'])(
  'nats-server reads %s',
  async (file) => {
    const state = join(scratch, 'state');
    mkdirSync(state, { recursive: true });
    const seeds = createBrokerSeeds();
    const trust = await brokerTrustOf(seeds, 'acme');
    writeFileSync(join(state, 'trust.conf'), renderTrust(trust).join('\n'));
    if (!existsSync(join(state, 'server.pem'))) {
      const made = spawnSync(join(DEPLOY, 'nats/certificates.sh'), [state, 'nats-1', '127.0.0.1']);
      expect(made.status).toBe(0);
    }
    const leaf = createNkeySeed();
    const user = {
      nkey: publicNkey(leaf),
      name: 'leaf',
      ...leafPermissions('eu', ['eu-1']),
      expiresAtMs: null,
    };
    const credential = await issueCredential(seeds.account, user);
    writeFileSync(join(state, 'leaf.creds'), credentialFile(credential, leaf));
    const config = join(scratch, 'nats.conf');
    writeFileSync(config, read(file).replaceAll('/etc/nats', scratch));
    const env = {
      NATS_NAME: 'nats-1',
      NATS_CLUSTER: 'eu',
      NATS_ROUTES: 'nats-route://nats-eu-2:6222',
      NATS_HUB: 'tls://nats.example:7422',
      NATS_ACCOUNT: trust.accounts[0]?.publicKey ?? '',
    };
    const ran = spawnSync(await testNatsBinary(), ['-t', '-c', config], { env, encoding: 'utf8' });
    expect([ran.status, ran.stderr]).toEqual([0, expect.stringContaining('is valid')]);
  },
);
