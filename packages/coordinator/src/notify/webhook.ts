/** Webhook: the message as JSON, under the ids of Standard Webhooks. */
import { fetch } from 'undici';
import type { Deliver } from './channel.ts';

/**
 * "The receiver wants no more of this" (Standard Webhooks). Any other refusal may be a gateway's,
 * or a deployment's, and a message that is given up at the first 404 is an alert that is lost.
 */
const GONE = 410;

export const deliverWebhook: Deliver = async (channel, message, signal) => {
  try {
    const response = await fetch(channel.url, {
      method: 'POST',
      // Not followed: where alerts go is for the operator to say, not for whoever answers.
      redirect: 'manual',
      headers: {
        'content-type': 'application/json',
        'user-agent': 'TrustMonitor',
        'webhook-id': message.id,
        'webhook-timestamp': String(Math.floor(message.createdAt.getTime() / 1_000)),
      },
      body: JSON.stringify(message.payload),
      signal,
    });
    // The answer's body is of no interest, and reading it would trust the receiver's size.
    await response.body?.cancel();
    if (response.ok) return { ok: true };
    return {
      ok: false,
      retry: response.status !== GONE,
      retryAfterSeconds: retryAfter(response.headers.get('retry-after')),
      error: refusalOf(response.status),
    };
  } catch (error) {
    return { ok: false, retry: true, retryAfterSeconds: null, error: wordsOf(error) };
  }
};

function refusalOf(status: number): string {
  const isRedirect = status >= 300 && status < 400;
  return `the receiver answered ${status}${isRedirect ? '; redirects are not followed' : ''}`;
}

/** `Retry-After` in seconds (RFC 9110 section 10.2.3); its date form is not used by webhooks. */
function retryAfter(value: string | null): number | null {
  return value !== null && /^\d{1,6}$/.test(value) ? Number(value) : null;
}

function wordsOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? `${error.message}: ${error.cause.message}` : error.message;
}
