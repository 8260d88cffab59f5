/** Mail over real SMTP conversations. */
import type { OpenedChannel } from '@trustmonitor/protocol';
import { makeAuthority, makeCertificate } from '@trustmonitor/testkit/targets';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { SMTPServer, type SMTPServerOptions } from 'smtp-server';
import { expect, onTestFinished, test } from 'vitest';
import { deliver } from '../../src/notify/registry.ts';
import {
  HOSTILE,
  incidentMessage,
  INCIDENT,
  messageOf,
  PAYLOADS,
  TEST,
} from '../support/messages.ts';

const authority = makeAuthority();
const identity = makeCertificate({
  commonName: 'localhost',
  names: ['127.0.0.1'],
  issuer: authority,
});
const PASSWORD = 'Planted Secret';

interface Mail {
  readonly from: string;
  readonly to: readonly string[];
  readonly secure: boolean;
  readonly text: string;
}

async function startServer(options: SMTPServerOptions = {}) {
  const mails: Mail[] = [];
  const server = new SMTPServer({
    key: identity.key,
    cert: identity.certificate,
    onAuth: ({ username, password }, _session, done) => {
      if (username === 'tm' && password === PASSWORD) done(null, { user: 'tm' });
      else done(new Error(`no ${password}`));
    },
    onData: (stream, { envelope, secure }, done) => {
      const chunks: Buffer[] = [];
      stream.on('data', (chunk: Buffer) => chunks.push(chunk));
      stream.on('end', () => {
        const { mailFrom, rcptTo } = envelope;
        mails.push({
          from: mailFrom === false ? '' : mailFrom.address,
          to: rcptTo.map(({ address }) => address),
          secure,
          text: Buffer.concat(chunks).toString(),
        });
        done();
      });
    },
    ...options,
  });
  server.on('error', () => undefined);
  server.listen(0, '127.0.0.1');
  await once(server.server, 'listening');
  onTestFinished(async () => {
    const closed = once(server.server, 'close');
    server.close();
    await closed;
  });
  const channel: OpenedChannel<'email'> = {
    ...{ id: 'mail', type: 'email', host: '127.0.0.1', ca: authority.certificate },
    port: (server.server.address() as AddressInfo).port,
    ...{ username: 'tm', password: PASSWORD },
    ...{ from: 'tm@example.com', to: ['a@example.com', 'b@example.com'] },
  };
  return { channel, mails };
}

const inTime = () => AbortSignal.timeout(10_000);
const headerOf = ({ text }: Mail, name: string) =>
  new RegExp(`^${name}: (.*(?:\\r\\n .*)*)`, 'im').exec(text)?.[1];

test.each([['starttls'], ['tls']] as const)(
  'is handed over by %s, after a login',
  async (security) => {
    const { channel, mails } = await startServer({ secure: security === 'tls' });
    const sent = messageOf(incidentMessage());
    expect(await deliver({ ...channel, security }, sent, inTime())).toEqual({ ok: true });
    const [mail] = mails;
    expect(mail).toMatchObject({ from: channel.from, to: channel.to, secure: true });
    expect(headerOf(mail!, 'message-id')).toBe(`<${sent.id}@example.com>`);
    expect(headerOf(mail!, 'auto-submitted')).toBe('auto-generated');
    expect(headerOf(mail!, 'references')).toContain(INCIDENT);
    expect(headerOf(mail!, 'subject')).toBe('Checkout is down: 4 of 5 regions agree');
    const text = mail!.text.replaceAll('=\r\n', '').replaceAll('=3D', '=');
    expect(text).toContain('Dissent: af: it is up (84 ms)\r\n');
    expect(text).toContain('Quorum: 4 of 5 regions agree: ap, eu, sa, us\r\n');
  },
);

test('holds every message, and nothing of it becomes a header', async () => {
  const { channel, mails } = await startServer();
  for (const payload of PAYLOADS) {
    expect(await deliver(channel, messageOf(payload), inTime())).toEqual({ ok: true });
  }
  expect(mails).toHaveLength(PAYLOADS.length);
  expect(PAYLOADS.some(({ summary }) => summary.includes(HOSTILE))).toBe(true);
  for (const mail of mails) {
    expect(headerOf({ ...mail, text: mail.text.split('\r\n\r\n')[0]! }, 'bcc')).toBeUndefined();
    expect(mail.to).toEqual(channel.to);
  }
});

const refuse =
  (code: number): SMTPServerOptions['onRcptTo'] =>
  (_address, _session, done) =>
    done(Object.assign(new Error(`no: ${PASSWORD}`), { responseCode: code }));

test.each([
  ['refuses the addresses', { onRcptTo: refuse(550) }, {}, 'slowly', '550'],
  ['has no time', { onRcptTo: refuse(451) }, {}, 'soon', '451'],
  ['refuses the login', {}, { password: 'Other Secret' }, 'slowly', '535'],
  [
    'speaks in the clear only',
    { hideSTARTTLS: true, disabledCommands: ['STARTTLS'] },
    {},
    'slowly',
    'STARTTLS',
  ],
  ['proves to be nobody', {}, { ca: makeAuthority().certificate }, 'soon', 'certificate'],
  ['is silent', { onConnect: () => undefined }, {}, 'soon', 'in time'],
] as const)('a server that %s gets nothing', async (_name, options, changes, retry, words) => {
  const { channel, mails } = await startServer(options as SMTPServerOptions);
  const signal = 'onConnect' in options ? AbortSignal.timeout(200) : inTime();
  const delivery = await deliver({ ...channel, ...changes }, messageOf(TEST), signal);
  expect(delivery).toMatchObject({ ok: false, retry });
  const { error } = delivery as { error: string };
  expect(error).toContain(words);
  expect(error).not.toContain('Secret');
  expect(mails).toEqual([]);
});
