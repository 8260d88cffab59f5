/** Where a stored secret may go on being sent, and where it must be written again. */
import { completeMonitorWithSecrets, type MonitorInput } from '@trustmonitor/protocol';
import { expect, test } from 'vitest';
import { requireKept } from '../../src/monitor-secrets.ts';
import type { StoredMonitor } from '../../src/store/monitors.ts';

type Input = Omit<MonitorInput, 'name'>;

const PEM = '-----BEGIN CERTIFICATE-----\nAA==\n-----END CERTIFICATE-----';
const SECRET = { secret: 'planted' };
const client = (key: object) => ({ certificate: PEM, key: key as { secretRef: string } });

function prepare(input: Input) {
  const { monitor, secrets } = completeMonitorWithSecrets({ ...input, name: 'M' });
  return { definition: monitor, secrets };
}

/** The faults of writing `now` where `before` is stored: pointers, and why. */
function faults(before: Input, now: Input): readonly (readonly [string, string])[] {
  const { definition, secrets } = prepare(before);
  const stored = { definition, sealedSecrets: secrets } as unknown as StoredMonitor;
  try {
    requireKept(prepare(now), stored);
    return [];
  } catch (error) {
    const { fields, hint } = error as {
      fields: { pointer: string; detail: string }[];
      hint: string;
    };
    expect(hint).toContain('{ secret: VALUE }');
    return fields.map(({ pointer, detail }) => [pointer, detail]);
  }
}

const kept = (name: string) => ({ secretRef: name });
const url = 'https://shop.example/health';
const auth = { bearer: kept('http.auth.token') };
const HTTP: Input = { url, http: { auth: { bearer: 'planted' } } };
const TCP: Input = {
  type: 'tcp',
  host: 'mail.example',
  port: 25,
  tcp: { script: [{ startTls: true }, { send: SECRET }] },
};
const said = { send: kept('tcp.script.1.send') };
const GRPC: Input = { type: 'grpc', host: 'g.example', grpc: { headers: { 'x-key': SECRET } } };
const keyed = { headers: { 'x-key': kept('grpc.headers.x-key') } };
const WS: Input = { type: 'websocket', url: 'wss://w.example/', websocket: { send: SECRET } };
const SMTP: Input = {
  type: 'smtp',
  host: 'm.example',
  smtp: { security: 'starttls', tls: { client: client(SECRET) } },
};
const TLS: Input = { type: 'tls', host: 't.example', tls: { client: client(SECRET) } };

test.each<[string, Input, Input, string]>([
  ['the host', HTTP, { url: 'https://evil.example/health', http: { auth } }, '/url'],
  ['the scheme', HTTP, { url: 'http://shop.example/health', http: { auth } }, '/url'],
  ['the port', HTTP, { url: 'https://shop.example:8443/', http: { auth } }, '/url'],
  ['the virtual host', HTTP, { url, http: { auth, headers: { Host: 'e' } } }, '/http/headers/host'],
  [
    'that proof is asked for',
    HTTP,
    { url, http: { auth, tls: { verify: false } } },
    '/http/tls/verify',
  ],
  ['who is trusted', HTTP, { url, http: { auth, tls: { ca: PEM } } }, '/http/tls/ca'],
  [
    'the name to prove',
    HTTP,
    { url, http: { auth, tls: { serverName: 'e' } } },
    '/http/tls/serverName',
  ],
  [
    'the kind',
    HTTP,
    { type: 'websocket', url: 'wss://shop.example/', websocket: { send: kept('http.auth.token') } },
    'another place',
  ],
  ['the place', HTTP, { url, http: { body: kept('http.auth.token') } }, 'another place'],
  [
    'another place too',
    HTTP,
    { url, http: { auth, query: { k: kept('http.auth.token') } } },
    'another place',
  ],
  [
    'the host of a conversation',
    TCP,
    { ...TCP, host: 'evil.example', tcp: { script: [{ startTls: true }, said] } },
    '/host',
  ],
  [
    'the port of a conversation',
    TCP,
    { ...TCP, port: 26, tcp: { script: [{ startTls: true }, said] } },
    '/port',
  ],
  [
    'that it is encrypted',
    TCP,
    { ...TCP, tcp: { script: [{ expect: 'x' }, said] } },
    '/tcp/script',
  ],
  ['the host of a service', GRPC, { ...GRPC, host: 'evil.example', grpc: keyed }, '/host'],
  [
    'that a service is asked over TLS',
    GRPC,
    { ...GRPC, port: 443, grpc: { ...keyed, tls: false } },
    '/grpc/tls',
  ],
  [
    'the origin of a socket',
    WS,
    { ...WS, url: 'ws://w.example/', websocket: { send: kept('websocket.send') } },
    '/url',
  ],
  [
    'how mail is secured',
    SMTP,
    {
      ...SMTP,
      port: 587,
      smtp: { security: 'implicit', tls: { client: client(kept('smtp.tls.client.key')) } },
    },
    '/smtp/security',
  ],
  [
    'the host of a handshake',
    TLS,
    { ...TLS, host: 'e.example', tls: { client: client(kept('tls.tls.client.key')) } },
    '/host',
  ],
])('a secret is not kept when this changes: %s', (_what, before, now, why) => {
  const found = faults(before, now);
  expect(found).toHaveLength(1);
  expect(found[0]?.[1]).toContain(why);
});

test('it is kept through any other change, and by stricter proof', () => {
  const loose = { tls: { verify: false } };
  const before: Input = {
    url,
    http: { auth: { bearer: 'planted' }, headers: { a: SECRET }, ...loose },
  };
  const headers = { a: kept('http.headers.a') };
  const path = 'https://SHOP.example:443/other?x=1';
  const now: Input = { url: path, interval: '5m', http: { auth, headers, method: 'POST' } };
  expect(faults(before, now)).toEqual([]);
  expect(
    faults(TCP, { ...TCP, tcp: { script: [{ startTls: true }, said, { expect: 'x' }] } }),
  ).toEqual([]);
});

test('what is written again may go anywhere; what nothing is stored for is named where it is written', () => {
  const evil = 'https://evil.example/';
  expect(faults(HTTP, { url: evil, http: { auth: { bearer: 'planted' } } })).toEqual([]);
  const names = ['toString', 'http.headers.b'];
  const basic = { username: 'u', password: kept(names[0]!) };
  expect(faults(HTTP, { url, http: { auth: { basic }, headers: { b: kept(names[1]!) } } })).toEqual(
    [
      ['/http/headers/b', 'there is no stored secret http.headers.b'],
      ['/http/auth/basic/password', 'there is no stored secret toString'],
    ],
  );
  expect(faults(HTTP, { url: evil, http: { auth } })[0]?.[0]).toBe('/http/auth/bearer');
});
