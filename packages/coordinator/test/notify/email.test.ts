/** Mail over real SMTP conversations. */
import { makeAuthority } from '@trustmonitor/testkit/targets';
import type { SMTPServerOptions } from 'smtp-server';
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
import { accept, refuse, startSmtp, type Mail } from '../support/smtp.ts';

async function startServer(options: SMTPServerOptions = {}) {
  const server = await startSmtp(options);
  onTestFinished(server.close);
  return server;
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

test.each([
  [451, 'soon'],
  [550, 'slowly'],
] as const)('who alone is refused with %i gets it alone, and nobody twice', async (code, retry) => {
  const to = ['a@example.com', 'b@Müller.Example'];
  // As the server and as nodemailer write it.
  const [read, other] = ['b@müller.example', 'b@xn--mller-kva.example'];
  let onRcptTo = refuse(code, read);
  const server = await startServer({ onRcptTo: (...args) => onRcptTo(...args) });
  const channel = { ...server.channel, to };
  const sent = messageOf(incidentMessage());
  const failed = { ok: false, retry, refusedFor: [other] };
  expect(await deliver(channel, sent, inTime())).toMatchObject(failed);
  const rest = { ...sent, recipients: [other] };
  const again = await deliver(channel, rest, inTime());
  expect(again).toMatchObject(failed);
  expect((again as { error: string }).error).toMatch(
    new RegExp(`^refused for ${other}: .*${code} no: \\[secret\\]`),
  );
  onRcptTo = accept;
  expect(await deliver(channel, rest, inTime())).toEqual({ ok: true });
  expect(server.mails.map((mail) => mail.to)).toEqual([['a@example.com'], [read]]);
  const ids = server.mails.map((mail) => headerOf(mail, 'message-id'));
  expect(new Set(ids).size).toBe(1);
  // Who was taken out of the channel is not written to.
  const without = { ...channel, to: ['a@example.com'] };
  expect(await deliver(without, rest, inTime())).toEqual({ ok: true });
  expect(server.mails).toHaveLength(2);
});

test('one refusal of several that is over soon brings the mail back soon', async () => {
  const codes = new Map([
    ['a@example.com', 550],
    ['b@example.com', 451],
  ]);
  const { channel } = await startServer({
    onRcptTo: (address, ...rest) => refuse(codes.get(address.address) ?? 0)(address, ...rest),
  });
  const delivery = await deliver(channel, messageOf(TEST), inTime());
  expect(delivery).toMatchObject({ ok: false, retry: 'soon' });
  expect(delivery).not.toHaveProperty('refusedFor');
});
