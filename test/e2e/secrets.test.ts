/**
 * Secrets are planted wherever one can be given; then everything that the system says is searched
 * for them: answers, logs, evidence, the log, metrics, traces, messages, live events, the command line.
 */
import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { readFile, readdir, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { createServer as createTcpServer } from 'node:net';
import { dirname, join, resolve } from 'node:path';
import type { CreatedToken } from '@trustmonitor/protocol';
import { listen, startOtlpCollector } from '@trustmonitor/testkit/targets';
import { afterAll, expect, test } from 'vitest';
import { showLogsOnFailure, startNetwork } from '../support/network.ts';
import { until } from '../support/until.ts';

const REGIONS = ['eu-west', 'us-east'];
const CLI = resolve(import.meta.dirname, '../../packages/cli/dist/main.js');

/** What was planted, by where. */
const planted = new Map<string, string>();
function plant(where: string): string {
  const secret = `planted${randomBytes(9).toString('hex')}`;
  planted.set(where, secret);
  return secret;
}

/** Everything that was said, by whom. */
const said = new Map<string, string>();
const say = (who: string, text: string): void => void said.set(who, (said.get(who) ?? '') + text);

const collector = await startOtlpCollector();
const inbox = await listen(
  createServer((request, response) => {
    request.setEncoding('utf8').on('data', (text: string) => say('messages', text));
    request.on('end', () => response.writeHead(204).end());
  }),
);
/** Tells back whatever it is told, in every way that HTTP has. */
const echo = await listen(
  createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const { authorization = '', cookie = '', ...rest } = request.headers;
      const told = {
        url: request.url,
        authorization,
        cookie,
        rest,
        body: Buffer.concat(chunks).toString(),
      };
      response.writeHead(503, {
        server: `echo ${authorization}`,
        'x-echo': cookie,
        etag: `"${request.url}"`,
      });
      response.end(JSON.stringify(told));
    });
  }),
);
const tcpEcho = await listen(
  createTcpServer((socket) => socket.on('data', (text) => socket.write(text))),
);
afterAll(async () => {
  for (const server of [collector, inbox, echo, tcpEcho]) await server.close();
});
const at = ({ port }: { port: number }) => `127.0.0.1:${port}`;

/** Nobody listens there, and it is none of the ports that `fetch` refuses by itself. */
const NOWHERE = 'http://127.0.0.1:2';

const network = await startNetwork({
  members: REGIONS.map((region) => ({ region, group: `provider-${region}` })),
  onOutput: (name, text) => say(`log of ${name}`, text),
  env: (name, usual) => {
    const common = {
      TM_LOG_LEVEL: 'trace',
      OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
      OTEL_EXPORTER_OTLP_HEADERS: `authorization=${plant(`collector of ${name}`)}`,
    };
    if (!name.startsWith('coordinator')) return common;
    const { password } = new URL(usual['DATABASE_URL'] ?? '');
    planted.set('password of the database', decodeURIComponent(password));
    return {
      ...common,
      // Nothing answers there, which is logged.
      TM_DEADMAN_URL: `${NOWHERE}/${plant('dead man')}`,
      TM_DEADMAN_INTERVAL: '1',
      TM_OPA_URL: `${NOWHERE}/v1/data/gate?key=${plant('query of OPA')}`,
      TM_OPA_TOKEN: plant('token of OPA'),
    };
  },
});
const { api } = network;

/** The monitor that has all of them. */
const MONITOR = {
  id: 'planted',
  name: 'planted',
  labels: { service: 'planted' },
  url: `http://user:${plant('password in a URL')}@${at(echo)}/?api_key=${plant('query of a URL')}`,
  interval: '1s',
  timeout: '1s',
  confirm: { rounds: 2, after: '0s' },
  http: {
    method: 'POST',
    headers: {
      cookie: `session=${plant('cookie')}`,
      'x-api-key': plant('api key'),
      'x-tenant': { secret: plant('header') },
    },
    body: { secret: plant('body') },
  },
  assertions: [
    'status == 200',
    'json($.body) == "x"',
    'header(server) == "x"',
    'body contains "y"',
  ],
};
const BEARER = {
  ...MONITOR,
  ...{ id: 'bearer', name: 'bearer', url: `http://${at(echo)}/bearer` },
  http: { auth: { bearer: plant('bearer token') } },
};
const TCP = {
  ...{ id: 'tcp', name: 'tcp', type: 'tcp', host: '127.0.0.1', port: tcpEcho.port },
  ...{ interval: '1s', timeout: '1s', confirm: { rounds: 2, after: '0s' } },
  tcp: { script: [{ send: { secret: plant('script') } }, { expect: 'never' }] },
};
/** Whoever knows where it reports can say that it is well. */
const JOB = { id: 'job', name: 'job', type: 'heartbeat', heartbeat: { period: '1d' } };
const MONITORS = ['planted', 'bearer', 'tcp', 'job'];

async function ask(who: string, token: string, method: string, path: string, body?: unknown) {
  const response = await fetch(api.url + path, {
    method,
    headers: {
      authorization: `Bearer ${token}`,
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    body: body === undefined ? null : JSON.stringify(body),
  });
  const text = await response.text();
  say(`${who}: ${method} ${path}`, `${JSON.stringify([...response.headers])}\n${text}`);
  return { status: response.status, text };
}

function tm(...args: readonly string[]): Promise<void> {
  const env = {
    PATH: process.env['PATH'],
    TM_URL: api.url,
    TM_TOKEN_FILE: network.adminTokenFile,
    TM_DATA_DIR: '/nonexistent',
  };
  return new Promise((done) => {
    execFile(process.execPath, [CLI, ...args], { env, timeout: 20_000 }, (_error, out, err) => {
      say(`trustmonitor ${args.join(' ')}`, out + err);
      done();
    });
  });
}

/** What came of the failures. */
interface Seen {
  readonly incidents: readonly string[];
  readonly rounds: readonly string[];
}

/** Whatever can be read, by a token that may read it. */
async function readAll(who: string, token: string, { incidents, rounds }: Seen): Promise<void> {
  const { paths } = JSON.parse((await ask(who, token, 'GET', '/openapi.json')).text) as {
    paths: Record<string, Record<string, unknown>>;
  };
  const values: Record<string, readonly string[]> = {
    '/v1/rounds/{id}': rounds,
    '/v1/incidents/{id}': incidents,
    '/v1/incidents/{id}/evidence': incidents,
    '/v1/channels/{id}': ['ops'],
    '/v1/channels/{id}/deliveries': ['ops'],
  };
  for (const [path, methods] of Object.entries(paths)) {
    if (!('get' in methods) || path.startsWith('/ping/') || path === '/v1/events') continue;
    const ids = path.includes('{id}') ? (values[path] ?? MONITORS) : [''];
    for (const id of ids) {
      const real = path.replace('{id}', id).replace('{revision}', '1').replace('{*}', '0/000');
      await ask(who, token, 'GET', real);
    }
  }
  for (const path of ['/metrics', '/', '/docs', '/log/checkpoint', '/log/tile/0/000']) {
    await ask(who, token, 'GET', path);
  }
  for (const format of ['sigstore', 'tlog-proof']) {
    await ask(who, token, 'GET', `/v1/incidents/${incidents[0]}/evidence?format=${format}`);
  }
}

/** Takes down what is told as it happens, until it is closed. */
async function listenTo(who: string, token: string): Promise<{ close(): Promise<void> }> {
  const stop = new AbortController();
  const response = await fetch(`${api.url}/v1/events`, {
    headers: { authorization: `Bearer ${token}` },
    signal: stop.signal,
  });
  const told = (async () => {
    const text = new TextDecoder();
    const chunks = (response.body ?? []) as AsyncIterable<Uint8Array>;
    for await (const chunk of chunks) say(`${who}: events`, text.decode(chunk, { stream: true }));
  })().catch(() => undefined);
  return {
    close: () => {
      stop.abort();
      return told;
    },
  };
}

/** What a job does with its address, rightly and not; who asks knows it, so the answers may too. */
async function report(): Promise<void> {
  const { body } = await api.call<{ pingUrl: string }>('POST', '/v1/monitors', JOB);
  const { pathname } = new URL(body.pingUrl);
  planted.set('ping address', pathname.split('/').at(-1) ?? '');
  const ping = async (path: string, method = 'POST') =>
    (await fetch(api.url + path, { method, ...(method === 'POST' ? { body: 'words' } : {}) }))
      .status;
  expect(await ping(pathname)).toBe(200);
  expect(await ping(pathname, 'PUT')).toBe(404);
  expect(await ping(`${pathname}/nonsense`)).toBe(404);
  expect(await ping(pathname.replace('/job/', '/planted/'))).toBe(404);
  expect(await ping(`${pathname}/fail`)).toBe(200);
}

/** An agent joins, and another tries to with the same token. */
async function joinTwice(): Promise<void> {
  const region = REGIONS[0] ?? '';
  const invited = await api.call<{ token: string }>('POST', '/v1/agents/join-tokens', { region });
  const { token } = invited.body;
  planted.set('join token', token);
  const folder = dirname(network.adminTokenFile);
  const file = join(folder, 'join.token');
  await writeFile(file, token, { mode: 0o600 });
  for (const name of ['joins', 'tries']) {
    const data = ['--data', join(folder, name), '--token-file', file];
    await tm('agent', 'join', '--url', api.url, '--name', name, ...data);
  }
  const wrong = { token, envelope: { payload: 'x' }, nkeySignature: 'x' };
  await ask('joiner', '', 'POST', '/v1/agents/join', wrong);
}

/** Private keys and seeds, as they stand in files. */
async function plantKeys(folder: string): Promise<void> {
  for (const file of await readdir(folder, { recursive: true, withFileTypes: true })) {
    if (!file.isFile() || !/\.(?:key|pem|nk|seed|token)$/.test(file.name)) continue;
    const text = await readFile(join(file.parentPath, file.name), 'utf8');
    const longest = text.split(/\s+/).toSorted((a, b) => b.length - a.length)[0] ?? '';
    if (longest.length >= 32) planted.set(`file ${file.name}`, longest);
  }
}

/** As it is, and in Base64 wherever it begins there. */
const formsOf = (secret: string): string[] => [
  secret,
  ...[0, 1, 2].map((offset) => {
    const text = Buffer.from('-'.repeat(offset) + secret).toString('base64');
    return text.slice(offset === 0 ? 0 : 4, -4);
  }),
];

const leaks = (): string[] =>
  [...planted].flatMap(([where, secret]) => {
    const forms = formsOf(secret);
    return [...said].flatMap(([who, text]) =>
      forms.some((form) => text.includes(form)) ? [`${where} in ${who}`] : [],
    );
  });

/** Whoever may change a channel sees where it is; and a monitor, where its job reports. */
const FOR_OWNERS = [
  /^(?:deaf )?channel in admin: GET \/v1\/channels/,
  /^(?:deaf )?channel in trustmonitor export --notifications$/,
  /^ping address in admin: GET \/v1\/monitors/,
  /^ping address in trustmonitor monitors --json$/,
];

test('nothing that was planted comes out anywhere', async () => {
  showLogsOnFailure(network, REGIONS);
  const admin = (await readFile(network.adminTokenFile, 'utf8')).trim();
  planted.set('admin token', admin);
  planted.set('seed for the broker', network.brokerSeed);
  await plantKeys(dirname(network.adminTokenFile));

  const channelUrl = `http://${at(inbox)}/${plant('channel')}`;
  await api.call('PUT', '/v1/channels/ops', { id: 'ops', type: 'webhook', url: channelUrl });
  const deaf = { id: 'deaf', type: 'webhook', url: `${NOWHERE}/${plant('deaf channel')}` };
  await api.call('PUT', '/v1/channels/deaf', deaf);
  const reader = await api.call<CreatedToken>('POST', '/v1/tokens', {
    name: 'reader',
    scopes: ['read'],
  });
  planted.set('token', reader.body.token);
  const listeners = [await listenTo('admin', admin), await listenTo('reader', reader.body.token)];
  for (const monitor of [MONITOR, BEARER, TCP]) {
    expect((await ask('writer', admin, 'POST', '/v1/monitors', monitor)).status).toBe(201);
  }
  await report();
  const open = async (id: string) =>
    until(`${id} to have an incident`, async () => (await api.incidents(id)).data[0]);
  const incidents: string[] = [];
  const rounds: string[] = [];
  for (const id of MONITORS) {
    const incident = await open(id);
    await api.evidence(incident.id);
    incidents.push(incident.id);
    rounds.push(...(await api.rounds(id)).data.slice(0, 1).map((round) => round.id));
  }
  const [incident = ''] = incidents;
  await joinTwice();

  // Wrong input is told of in words; what was wrong with it is not told by its value.
  const wrong = { ...MONITOR, id: 'wrong', http: { auth: { bearer: { secrets: plant('typo') } } } };
  await ask('writer', admin, 'POST', '/v1/monitors', wrong);
  await ask('writer', admin, 'POST', '/v1/monitors', { ...BEARER, id: 'x', interval: '0s' });
  await ask('writer', admin, 'POST', '/v1/plan', { monitors: [{ ...MONITOR, name: 'renamed' }] });
  await ask('writer', admin, 'POST', '/v1/apply', { monitors: [{ ...MONITOR, name: 'renamed' }] });
  await ask('writer', admin, 'POST', '/v1/checks', {
    url: MONITOR.url,
    http: MONITOR.http,
    timeout: '1s',
  });
  await ask('stranger', `${admin}x`, 'GET', '/v1/monitors');
  await readAll('admin', admin, { incidents, rounds });
  await readAll('reader', reader.body.token, { incidents, rounds });
  await tm('monitors', '--json');
  await tm('rounds', 'planted', '--json');
  await tm('incidents', 'show', incident);
  await tm('evidence', incident);
  await tm('doctor');
  await tm('gate', '--service', 'planted');
  await tm('audit', '--service', 'planted');
  await tm('status', '--json');
  await tm('check', MONITOR.url, '--timing');
  await tm('log', 'audit', '--root', network.rootFile);
  await tm('export', '--notifications');
  for (const listener of listeners) await listener.close();
  for (const name of [...network.running.keys()]) await network.running.get(name)?.end('SIGTERM');
  say('traces', collector.bodies.join('\n'));

  // It looked, and at what there is.
  expect(said.get('messages')).toContain('incident.opened');
  expect(said.get('log of coordinator')).toContain('the heartbeat outside was not taken');
  expect(said.get('log of eu-west')).toContain('"msg":"probed"');
  expect(said.get('traces')).toContain('"probe"');
  expect(said.get(`admin: GET /v1/incidents/${incident}/evidence`)).toContain('leaf');
  expect(said.get('reader: events')).toContain('incident.opened');
  expect(said.get('trustmonitor export --notifications')).toContain('id: job');
  expect(said.get('admin: GET /v1/audit')).toContain('agent.enrolled');
  // It would find what is there.
  const found = leaks();
  expect(found).toContain('channel in admin: GET /v1/channels');
  expect(found).toContain('ping address in admin: GET /v1/monitors');
  expect(found.filter((leak) => !FOR_OWNERS.some((known) => known.test(leak)))).toEqual([]);
}, 300_000);
