/** Mail: plain text, one thread for each incident. */
import type { OpenedChannel } from '@trustmonitor/protocol';
import { createTransport } from 'nodemailer';
import type { Deliver, Delivery, Message } from './channel.ts';
import { storyOf } from './story.ts';
import { cut, linesOf, oneLine } from './text.ts';

const MAX_SUBJECT = 200;
/** A server that is silent is left before the courier's own deadline, which says less. */
const SILENCE_MS = 8_000;
const PORTS = { starttls: 587, tls: 465, none: 25 } as const;

export const deliverEmail: Deliver<'email'> = async (channel, message, signal) => {
  const transport = transportOf(channel);
  const onAbort = new Promise<never>((_resolve, reject) => {
    const stop = () => reject(new Error('no answer in time'));
    if (signal.aborted) stop();
    else signal.addEventListener('abort', stop, { once: true });
  });
  try {
    await Promise.race([transport.sendMail(mailOf(message, channel)), onAbort]);
    return { ok: true };
  } catch (error) {
    return failureOf(error);
  } finally {
    transport.close();
  }
};

function transportOf({ host, port, security = 'starttls', ca, ...login }: OpenedChannel<'email'>) {
  const { username, password } = login;
  return createTransport({
    host,
    port: port ?? PORTS[security],
    secure: security === 'tls',
    requireTLS: security === 'starttls',
    ignoreTLS: security === 'none',
    tls: { ...(ca === undefined ? {} : { ca }), minVersion: 'TLSv1.2' },
    ...(username === undefined || password === undefined
      ? {}
      : { auth: { user: username, pass: password } }),
    connectionTimeout: SILENCE_MS,
    greetingTimeout: SILENCE_MS,
    socketTimeout: SILENCE_MS,
    disableFileAccess: true,
    disableUrlAccess: true,
  });
}

/** All mails about one alert answer the same message, which nobody was sent: so they are a thread. */
function mailOf({ id, payload, createdAt }: Message, { from, to }: OpenedChannel<'email'>) {
  const story = storyOf(payload);
  const domain = from.slice(from.indexOf('@') + 1);
  const thread = `<${encodeURIComponent(story.keys[0] ?? id)}.trustmonitor@${domain}>`;
  const title = oneLine(story.title);
  return {
    from: { name: 'TrustMonitor', address: from },
    to: [...to],
    subject: cut(title, MAX_SUBJECT),
    text: [title, '', ...linesOf(story), ''].join('\n'),
    date: createdAt,
    messageId: `<${id}@${domain}>`,
    references: thread,
    inReplyTo: thread,
    headers: {
      // No answers of absent people (RFC 3834).
      'auto-submitted': 'auto-generated',
      'x-trustmonitor-type': payload.type,
    },
  };
}

/** 5xx: refused by the server, for good as far as it knows (RFC 5321 section 4.2.1). */
function failureOf(error: unknown): Delivery {
  const status = (error as { responseCode?: unknown }).responseCode;
  const isRefused = typeof status === 'number' && status >= 500 && status < 600;
  const words = error instanceof Error ? error.message : String(error);
  const retry = isRefused ? 'slowly' : 'soon';
  return { ok: false, retry, retryAfterSeconds: null, error: oneLine(words) };
}
