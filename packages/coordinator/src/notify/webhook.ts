/** Webhook: the message as JSON, with the headers of Standard Webhooks, version 1.0.0. */
import { createHmac, createPrivateKey, sign } from 'node:crypto';
import type { Deliver } from './channel.ts';
import { post } from './post.ts';

export const deliverWebhook: Deliver<'webhook'> = async (channel, message, signal) => {
  const body = JSON.stringify(message.payload);
  // Of the attempt, not of the message: receivers refuse what is old, against replays.
  const attempt = { id: message.id, atSeconds: Math.floor(Date.now() / 1_000), body };
  return post(
    { url: channel.url, body, headers: webhookHeaders(attempt, channel.secrets) },
    signal,
  );
};

interface Attempt {
  readonly id: string;
  readonly atSeconds: number;
  readonly body: string;
}

/** One signature for each secret, so that a receiver can change to the next at any time. */
export function webhookHeaders(
  { id, atSeconds, body }: Attempt,
  secrets: readonly string[] = [],
): Record<string, string> {
  const content = `${id}.${atSeconds}.${body}`;
  const signatures = secrets.map((secret) => signatureOf(content, secret)).join(' ');
  return {
    'webhook-id': id,
    'webhook-timestamp': String(atSeconds),
    ...(signatures === '' ? {} : { 'webhook-signature': signatures }),
  };
}

function signatureOf(content: string, secret: string): string {
  const [prefix, text = ''] = secret.split('_', 2);
  const key = Buffer.from(text, 'base64');
  if (prefix === 'whsec') {
    return `v1,${createHmac('sha256', key).update(content).digest('base64')}`;
  }
  return `v1a,${sign(null, Buffer.from(content), ed25519Key(key)).toString('base64')}`;
}

/** PKCS #8 (RFC 8410) of the seed, which is the first half of a key pair. */
function ed25519Key(key: Buffer) {
  const head = Buffer.from('302e020100300506032b657004220420', 'hex');
  const der = Buffer.concat([head, key.subarray(0, 32)]);
  return createPrivateKey({ key: der, format: 'der', type: 'pkcs8' });
}
