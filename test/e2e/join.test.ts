/**
 * A network of one machine grows: the root names a region, an agent joins it, votes, witnesses, and
 * is revoked, while everything runs. By the command line only, as people do it; then by the console.
 */
import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { afterAll, beforeAll, expect, onTestFailed, test } from 'vitest';
import type { SignInCode } from '@trustmonitor/protocol';
import { ApiClient } from '../support/api-client.ts';
import { findChromium, startChromium } from '../support/chromium.ts';
import { TestProcess } from '../support/process.ts';
import { CLI, startStack, type Stack } from '../support/stack.ts';
import { until } from '../support/until.ts';

let stack: Stack;
let api: ApiClient;
const joined: TestProcess[] = [];
const executablePath = findChromium();
const at = (...names: readonly string[]) => stack.at(...names);

function tm(...args: readonly string[]): Promise<{ code: number; out: string; err: string }> {
  const env = { PATH: process.env['PATH'], TM_DATA_DIR: at('stack') };
  return new Promise((done) => {
    execFile(process.execPath, [CLI, ...args], { env }, (error, out, err) => {
      done({ code: error === null ? 0 : Number(error.code ?? -1), out, err });
    });
  });
}

async function ok(...args: readonly string[]): Promise<string> {
  const { code, out, err } = await tm(...args);
  if (code !== 0) throw new Error(`${args.join(' ')} ended with ${code}: ${err}`);
  return out;
}

const json = async <T>(...args: readonly string[]) => JSON.parse(await ok(...args, '--json')) as T;

interface Agent {
  readonly agent: string;
  readonly state: string;
}
interface Round {
  readonly verdict: string;
  readonly members: readonly { readonly region: string }[];
}

beforeAll(async () => {
  stack = await startStack('join');
  const { apiUrl } = JSON.parse(await readFile(at('stack', 'stack.json'), 'utf8')) as {
    apiUrl: string;
  };
  // What is waited for is asked of the API: a process for each look would take the whole machine.
  api = new ApiClient(apiUrl, (await readFile(at('stack', 'admin.token'), 'utf8')).trim());
});
afterAll(async () => {
  for (const agent of joined) await agent.end('SIGTERM');
  await stack.end();
});

function startAgent(name: string, folder: string): void {
  const env = { TM_ALLOW_TARGETS: '127.0.0.0/8' };
  joined.push(new TestProcess(name, CLI, env, ['agent', '--data', folder]));
}

function showLogs(): void {
  onTestFailed(() => {
    const logs = [stack.process, ...joined].map(({ log }) => log);
    process.stderr.write(`${logs.join('\n')}\n`);
  });
}

test('an agent joins a running network, is counted and heard as a witness, and is revoked', async () => {
  showLogs();
  const early = await tm('agents', 'invite', '--region', 'sa-east');
  expect([early.code, early.err]).toEqual([2, expect.stringContaining('keys region add')]);
  await ok('keys', 'region', 'add', 'sa-east', '--group', 'ovh', '--operator', 'contractor');
  const invitation = await json<{ token: string }>('agents', 'invite', '--region', 'sa-east');

  const join = ['agent', 'join', '--url', api.url, '--name', 'sa-1', '--data'];
  await writeFile(at('wrong'), `${invitation.token.slice(0, -1)}-\n`);
  await writeFile(at('token'), `${invitation.token}\n`);
  await ok(...join, at('agent'), '--token-file', at('token'));
  startAgent('sa-1', at('agent'));
  const wrong = await tm(...join, at('other'), '--token-file', at('wrong'));
  expect(wrong.code).toBe(2);
  const twice = await tm(...join, at('other'), '--token-file', at('token'));
  expect([twice.code, twice.err]).toEqual([4, expect.stringContaining('was used')]);

  await until('the agent to be alive', async () =>
    (await api.agents()).data.find(({ agent, state }) => agent === 'sa-1' && state === 'alive'),
  );
  const listed = (await json<Agent[]>('agents')).find(({ agent }) => agent === 'sa-1');
  expect(listed?.state).toBe('alive');
  // In turn with the others: of a machine that is busy that takes a while.
  await until(
    'its region to vote',
    async () =>
      (await api.rounds('demo-shop')).data.find(({ votes }) =>
        votes.some(({ region, vote }) => region === 'sa-east' && vote === 'up'),
      ),
    90_000,
  );
  await ok('demo', 'break');
  const opened = await until(
    'an incident',
    async () => (await api.incidents('demo-shop')).data.at(0) ?? null,
  );
  await api.evidence(opened.id);
  await writeFile(at('bundle.json'), await ok('evidence', 'latest'));
  await writeFile(at('root.json'), await ok('keys', 'root'));
  const verify = () => tm('verify', at('bundle.json'), '--root', at('root.json'));
  const before = await verify();
  // Of a machine that is busy one region may come too late for the round: it is a member all the same.
  expect([before.code, before.out]).toEqual([0, expect.stringMatching(/[34] of 4 regions/)]);
  expect(before.err).toMatch(/witness\.policy +\d witness cosignatures: .*sa-1/);

  await ok('agents', 'revoke', 'sa-1');
  await ok('demo', 'mend');
  const incident = await until('the end of the incident', async () =>
    (await api.incidents('demo-shop')).data.find(({ state }) => state === 'resolved'),
  );
  const newest = (await json<Round[]>('rounds', 'demo-shop'))[0];
  expect(newest?.members.map(({ region }) => region)).not.toContain('sa-east');
  // It spans the revocation: what the agent said before still counts, and is proven to be before.
  await api.evidence(incident.id);
  await writeFile(at('bundle.json'), await ok('evidence', incident.id));
  const after = await verify();
  expect([after.code, after.err]).toEqual([0, expect.stringContaining('PASSED')]);
  expect((await tm('log', 'audit', '--root', at('root.json'))).code).toBe(0);
}, 300_000);

test.skipIf(executablePath === null)(
  'the console makes the token, ticks when the agent is heard, and revokes it',
  async () => {
    showLogs();
    const { body } = await api.call<SignInCode>('POST', '/v1/session/codes');
    const browser = await startChromium(executablePath ?? '');
    try {
      const page = await browser.newPage();
      page.setDefaultTimeout(60_000);
      await page.goto(`${api.url}/#sign-in=${body.code}`);
      await page.getByRole('link', { name: 'Regions', exact: true }).click();
      await page.getByLabel('Region', { exact: true }).fill('eu-west');
      await page.getByRole('button', { name: 'Make a token' }).click();
      await page.getByText('Waiting for it').waitFor();
      const copy = page.getByRole('button', { name: 'Copy: the join token' });
      const token = await page.locator('.copyable', { has: copy }).locator('code').textContent();
      await writeFile(at('token'), `${token ?? ''}\n`);
      const join = ['agent', 'join', '--url', api.url, '--name', 'eu-2', '--data', at('eu-2')];
      await ok(...join, '--token-file', at('token'));
      await page.getByText('eu-2 has a key, and is not heard yet').waitFor();
      startAgent('eu-2', at('eu-2'));
      await page.getByText('eu-2 has joined, and is heard').waitFor();
      const row = page.getByRole('row', { name: /eu-2/ });
      await row.getByRole('button', { name: 'Revoke' }).click();
      await row.getByRole('button', { name: 'Yes' }).click();
      await row.waitFor({ state: 'detached' });
    } finally {
      await browser.close();
    }
  },
  180_000,
);
