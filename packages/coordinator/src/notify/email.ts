/** Mail: plain text, one thread for each incident. */
import { domainToASCII } from 'node:url';
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
  const to = recipientsOf(channel, message);
  // Those who had not got it were taken out of the channel.
  if (to.length === 0) return { ok: true };
  const transport = transportOf(channel);
  const onAbort = new Promise<never>((_resolve, reject) => {
    const stop = () => reject(new Error('no answer in time'));
    if (signal.aborted) stop();
    else signal.addEventListener('abort', stop, { once: true });
  });
  try {
    const envelope = { from: channel.from, to: [...to] };
    const sending = transport.sendMail({ ...mailOf(message, channel), envelope });
    const refusals = refusalsIn(await Promise.race([sending, onAbort]));
    return refusals.length === 0 ? { ok: true } : refusedInPart(refusals);
  } catch (error) {
    const refusals = refusalsIn(error);
    const isRest = message.recipients !== undefined;
    if (isRest && refusals.length > 0) return refusedInPart(refusals);
    const retry = retryOf(refusals.length > 0 ? refusals : [error]);
    return { ok: false, retry, retryAfterSeconds: null, error: wordsOf(error) };
  } finally {
    transport.close();
  }
};

/** All, or the rest of them. */
function recipientsOf({ to }: OpenedChannel<'email'>, { recipients }: Message): readonly string[] {
  if (recipients === undefined) return to;
  const rest = new Set(recipients.map(normalised));
  return to.filter((address) => rest.has(normalised(address)));
}

/** As nodemailer tells of it. */
function normalised(address: string): string {
  const at = address.lastIndexOf('@');
  return `${address.slice(0, at)}@${domainToASCII(address.slice(at + 1))}`;
}

/** One recipient, refused by the server. */
interface Refusal {
  readonly recipient: string;
  readonly message: string;
  readonly responseCode?: number;
}

/** In what nodemailer says of a mail that was sent, or in its error where nobody took it. */
function refusalsIn(outcome: unknown): readonly Refusal[] {
  return (outcome as { rejectedErrors?: readonly Refusal[] }).rejectedErrors ?? [];
}

/** The other recipients have got it. */
function refusedInPart(refusals: readonly Refusal[]): Delivery {
  const words = refusals.map((one) => `${one.recipient}: ${wordsOf(one)}`);
  return {
    ...{ ok: false, retry: retryOf(refusals), retryAfterSeconds: null },
    error: `refused for ${words.join('; ')}`,
    refusedFor: refusals.map(({ recipient }) => recipient),
  };
}

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

/**
 * 5xx: refused by the server, for good as far as it knows (RFC 5321 section 4.2.1). One refusal of
 * several that is over soon (greylisting, a full disk) is reason enough to come back soon.
 */
function retryOf(errors: readonly unknown[]): 'soon' | 'slowly' {
  const isForGood = errors.every((error) => {
    const status = (error as { responseCode?: unknown }).responseCode;
    return typeof status === 'number' && status >= 500 && status < 600;
  });
  return isForGood ? 'slowly' : 'soon';
}

function wordsOf(error: unknown): string {
  return oneLine(error instanceof Error ? error.message : String(error));
}
