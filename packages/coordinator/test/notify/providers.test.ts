/** Each kind of channel over HTTP: what its provider documents, and providers that misbehave. */
import { makeAuthority, makeCertificate } from '@trustmonitor/testkit/targets';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { channelParser } from '@trustmonitor/protocol';
import { Errors } from 'typebox/value';
import { afterAll, afterEach, describe, expect, test } from 'vitest';
import { deliver } from '../../src/notify/registry.ts';
import type { IncidentMessage } from '../../src/alerts/incident-message.ts';
import {
  flagsOf,
  GROUP,
  messageOf,
  incidentMessage,
  INCIDENT,
  PAYLOADS,
  TEST,
} from '../support/messages.ts';
import { PROVIDERS, type Provider } from '../support/providers.ts';

interface Asked {
  readonly path: string;
  readonly authorization: string | undefined;
  readonly bytes: number;
  readonly body: unknown;
  readonly text: string;
}

type React = (request: IncomingMessage, response: ServerResponse, text: string) => void;
const accept: React = (_request, response) => response.writeHead(202).end('{"ok":true}');

let react = accept;
let asked: Asked[] = [];
afterEach(() => {
  react = accept;
  asked = [];
});

const onRequest = (request: IncomingMessage, response: ServerResponse): void => {
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('end', () => {
    const text = Buffer.concat(chunks).toString();
    const { url: path = '', headers } = request;
    const { authorization } = headers;
    const bytes = Buffer.byteLength(text);
    asked.push({ path, authorization, bytes, text, body: JSON.parse(text) as unknown });
    react(request, response, text);
  });
};
const identity = makeCertificate({
  commonName: 'localhost',
  names: ['127.0.0.1'],
  issuer: makeAuthority(),
});
const server = createServer(onRequest).listen(0, '127.0.0.1');
const tlsServer = createTlsServer(
  { key: identity.key, cert: identity.certificate },
  onRequest,
).listen(0, '127.0.0.1');
await Promise.all([once(server, 'listening'), once(tlsServer, 'listening')]);
const portOf = (of: typeof server) => (of.address() as AddressInfo).port;
const url = `http://127.0.0.1:${portOf(server)}`;
afterAll(() => {
  for (const one of [server, tlsServer]) {
    one.closeAllConnections();
    one.close();
  }
});

const reset: React = (request) => void request.socket.resetAndDestroy();
const half: React = (_request, response) => void response.writeHead(500).write('x');
const silent: React = () => undefined;

const inTime = () => AbortSignal.timeout(60_000);
/** The reaction, and the signal of a sender who waits a while for more, counted from the request. */
function withoutEnd(reaction: React): { react: React; signal: AbortSignal } {
  const controller = new AbortController();
  return {
    react: (...request) => {
      reaction(...request);
      setTimeout(() => controller.abort(new DOMException('too late', 'TimeoutError')), 100);
    },
    signal: controller.signal,
  };
}
const kinds = Object.entries(PROVIDERS) as [string, Provider][];

describe.each(kinds)('%s', (kind, provider) => {
  test('sends what the provider documents, whatever a message says', async () => {
    for (const payload of PAYLOADS) {
      asked = [];
      const delivery = await deliver(provider.channel(url), messageOf(payload), inTime());
      expect([payload.type, delivery]).toEqual([payload.type, { ok: true }]);
      expect(asked.length).toBeGreaterThan(0);
      for (const { path, authorization, bytes, body } of asked) {
        expect(path).toMatch(provider.path);
        expect(authorization).toBe(provider.authorization);
        expect(bytes).toBeLessThanOrEqual(provider.maxBytes);
        expect([payload.type, Errors(provider.body(path), body)]).toEqual([payload.type, []]);
      }
    }
  });

  test('says who agrees, who does not, why, and where to look', async () => {
    await deliver(provider.channel(url), messageOf(incidentMessage()), inTime());
    const text = asked
      .map((one) => one.text)
      .join()
      .replaceAll('\\', '');
    for (const words of [
      'Checkout is down: 4 of 5 regions agree',
      // A webhook carries the message as it is.
      ...(kind === 'webhook' ? [] : ['ap, eu, sa, us']),
      'the connection was refused (203.0.113.9:443)',
      'af',
      `https://tm.example/v1/incidents/${INCIDENT}/evidence`,
      'https://wiki.example/checkout?a=1&',
      'https://traces.example/c0ffee',
      'verify bundle.json',
    ]) {
      expect(text.replaceAll('&amp;', '&')).toContain(words);
    }
  });

  const refuse =
    (status: number, headers: Record<string, string> = {}): React =>
    (request, response, text) => {
      // A provider that repeats all that it was sent.
      response.writeHead(status, headers);
      response.end(`no: ${request.url} ${request.headers.authorization} ${text}`.slice(-1_500));
    };

  test.each<readonly [string, React, object]>([
    ['429', refuse(429, { 'retry-after': '7' }), { retry: 'soon', retryAfterSeconds: 7 }],
    ['500', refuse(500), { retry: 'soon', retryAfterSeconds: null }],
    ['400', refuse(400), { retry: 'slowly' }],
    ['401', refuse(401), { retry: 'slowly' }],
    ['404', refuse(404), { retry: 'slowly' }],
    ['410', refuse(410), { retry: 'never' }],
    ['302', refuse(302, { location: `${url}/elsewhere` }), { retry: 'soon' }],
    ['a reset', reset, { retry: 'soon' }],
    ['half an answer', half, { retry: 'soon' }],
    ['silence', silent, { retry: 'soon' }],
  ])('is answered %s', async (_name, reaction, expected) => {
    const isEndless = reaction === half || reaction === silent;
    const talk = isEndless ? withoutEnd(reaction) : { react: reaction, signal: inTime() };
    react = talk.react;
    const delivery = await deliver(provider.channel(url), messageOf(TEST), talk.signal);
    expect(delivery).toMatchObject({ ok: false, ...expected });
    const { error } = delivery as { error: string };
    for (const secret of provider.secrets) expect(error).not.toContain(secret);
    // Neither followed nor repeated at once.
    expect(asked).toHaveLength(1);
  });

  test('is not sent to who cannot prove to be the provider', async () => {
    const channel = provider.channel(`https://127.0.0.1:${portOf(tlsServer)}`);
    const delivery = await deliver(channel, messageOf(TEST), inTime());
    expect(delivery).toMatchObject({ ok: false, retry: 'soon' });
    expect(asked).toEqual([]);
  });
});

test('who keeps alerts is told of each one of a group, under its own key', async () => {
  const keysOf: Readonly<Record<string, (one: Asked) => unknown>> = {
    pagerduty: ({ body }) => {
      const { event_action: action, dedup_key: key } = body as Record<string, unknown>;
      return `${String(action)} ${String(key)}`;
    },
    opsgenie: ({ path, body }) => {
      const { alias } = body as Record<string, unknown>;
      const closed = /alerts\/(.+)\/(close|acknowledge)/.exec(path);
      return closed === null ? `trigger ${String(alias)}` : `${closed[2]} ${closed[1]}`;
    },
  };
  const [first, second, third] = GROUP.alerts.map((one) => (one as IncidentMessage).incident);
  for (const [kind, keyOf] of Object.entries(keysOf)) {
    asked = [];
    const channel = kinds.find(([name]) => name === kind)![1].channel(url);
    await deliver(channel, messageOf(GROUP), inTime());
    await deliver(channel, messageOf(incidentMessage({ type: 'incident.acknowledged' })), inTime());
    const end = kind === 'pagerduty' ? 'resolve' : 'close';
    expect(asked.map(keyOf)).toEqual([
      ...[`${end} ${first}`, `trigger ${second}`, `trigger ${third}`],
      `acknowledge ${first}`,
    ]);
  }
});

test.each(['slack', 'discord', 'telegram', 'teams'] as const)(
  '%s says how much it leaves out, and where that is',
  async (kind) => {
    await deliver(PROVIDERS[kind].channel(url), messageOf(flagsOf(40)), inTime());
    const text = asked[0]?.text.replaceAll('\\', '') ?? '';
    const named = new Set(text.match(/probe\d\d/g)).size;
    expect(named).toBeGreaterThan(5);
    expect(text).toContain(`${40 - named} more: see the agents`);
    asked = [];
    await deliver(PROVIDERS[kind].channel(url), messageOf(flagsOf(8)), inTime());
    expect(asked[0]?.text).not.toContain('more');
  },
);

test('what has no end opens an alert and closes it', async () => {
  await deliver(PROVIDERS.pagerduty.channel(url), messageOf(flagsOf(1)), inTime());
  await deliver(PROVIDERS.opsgenie.channel(url), messageOf(flagsOf(1)), inTime());
  expect(
    asked.map(({ path, body }) => (body as { event_action?: string }).event_action ?? path),
  ).toEqual([
    ...['trigger', 'resolve'],
    ...['/v2/alerts', '/v2/alerts/agent%2Fprobe10/close?identifierType=alias'],
  ]);
  asked = [];
  for (const payload of [flagsOf(1), TEST]) {
    const before = Date.now();
    await deliver(PROVIDERS.alertmanager.channel(url), messageOf(payload), inTime());
    const [alert] = asked.pop()?.body as { startsAt: string; endsAt: string }[];
    expect(Date.parse(alert!.endsAt)).toBeGreaterThanOrEqual(before + 300_000);
    expect(Date.parse(alert!.endsAt)).toBeLessThanOrEqual(Date.now() + 300_000);
  }
});

test.each(kinds)('%s: an address that is none is refused, and leaks nothing', async (_kind, of) => {
  // What each of them takes for granted; alertmanager and apprise put their own path behind it.
  for (const host of ['[', 'x.example:99999']) {
    const channel = of.channel(`https://${host}`);
    expect(() => channelParser.parse(channel, 'the channel')).toThrow(
      expect.objectContaining({ code: 'input.invalid' }),
    );
    const outcome = await deliver(channel, messageOf(TEST), inTime()).catch((e: unknown) => e);
    const said = JSON.stringify(outcome, Object.getOwnPropertyNames(outcome)) + String(outcome);
    expect(outcome).not.toMatchObject({ ok: true });
    for (const secret of of.secrets) expect(said).not.toContain(secret);
  }
});
