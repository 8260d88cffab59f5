/** Webhook: the announcement as JSON, under the ids of Standard Webhooks. */
import { fetch } from 'undici';
import type { Deliver } from './channel.ts';

/** Statuses after which the same request can still succeed. */
const PASSING_STATUSES = new Set([408, 409, 425, 429]);

export const deliverWebhook: Deliver = async (channel, message, signal) => {
  try {
    const response = await fetch(channel.url, {
      method: 'POST',
      redirect: 'error',
      headers: {
        'content-type': 'application/json',
        'user-agent': 'TrustMonitor',
        'webhook-id': message.id,
        'webhook-timestamp': String(Math.floor(message.createdAt.getTime() / 1_000)),
      },
      body: JSON.stringify(message.announcement),
      signal,
    });
    // The answer's body is of no interest, and reading it would trust the receiver's size.
    await response.body?.cancel();
    if (response.ok) return { ok: true };
    return {
      ok: false,
      retry: response.status >= 500 || PASSING_STATUSES.has(response.status),
      retryAfterSeconds: retryAfter(response.headers.get('retry-after')),
      error: `the receiver answered ${response.status}`,
    };
  } catch (error) {
    return { ok: false, retry: true, retryAfterSeconds: null, error: wordsOf(error) };
  }
};

/** `Retry-After` in seconds (RFC 9110 section 10.2.3); its date form is not used by webhooks. */
function retryAfter(value: string | null): number | null {
  return value !== null && /^\d{1,6}$/.test(value) ? Number(value) : null;
}

function wordsOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? `${error.message}: ${error.cause.message}` : error.message;
}
