/** One HTTP request to a receiver, and what its answer means. */
import { fetch } from 'undici';
import type { Delivery } from './channel.ts';
import { oneLine } from './text.ts';

export interface Post {
  readonly url: string;
  readonly body: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Nothing that a receiver says is read further, so that none can fill the memory. */
const MAX_ANSWER_BYTES = 2_048;

/** "The receiver wants no more of this" (Standard Webhooks). */
const GONE = 410;
/** Refusals that are over by themselves. */
const PASSING: readonly number[] = [408, 421, 423, 425, 429];

/** Posts JSON; text goes out as it stands. */
export async function post(request: Post, signal: AbortSignal): Promise<Delivery> {
  try {
    const response = await fetch(request.url, {
      method: 'POST',
      // Not followed: where alerts go is for the operator to say, not for whoever answers.
      redirect: 'manual',
      headers: {
        'content-type': 'application/json',
        'user-agent': 'TrustMonitor',
        ...request.headers,
      },
      body: typeof request.body === 'string' ? request.body : JSON.stringify(request.body),
      signal,
    });
    if (response.ok) {
      await response.body?.cancel();
      return { ok: true };
    }
    const { status } = response;
    const words = await startOf(response.body);
    return {
      ok: false,
      retry: retryAfterStatus(status),
      retryAfterSeconds: retryAfter(response.headers.get('retry-after')) ?? retryAfterIn(words),
      error: refusalOf(status, words),
    };
  } catch (error) {
    return { ok: false, retry: 'soon', retryAfterSeconds: null, error: wordsOf(error) };
  }
}

/** One after the other; each is understood to be safe to repeat, as all are after a failure. */
export async function postAll(posts: readonly Post[], signal: AbortSignal): Promise<Delivery> {
  for (const one of posts) {
    const delivery = await post(one, signal);
    if (!delivery.ok) return delivery;
  }
  return { ok: true };
}

function retryAfterStatus(status: number): (Delivery & { ok: false })['retry'] {
  if (status === GONE) return 'never';
  return status >= 400 && status < 500 && !PASSING.includes(status) ? 'slowly' : 'soon';
}

/** The beginning of an answer. What cannot be read is not worth a word. */
async function startOf(body: AsyncIterable<Uint8Array> | null): Promise<string> {
  if (body === null) return '';
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  try {
    for await (const chunk of body) {
      chunks.push(chunk);
      bytes += chunk.length;
      // Leaving the loop cancels the rest.
      if (bytes >= MAX_ANSWER_BYTES) break;
    }
  } catch {
    return '';
  }
  return Buffer.concat(chunks).subarray(0, MAX_ANSWER_BYTES).toString('utf8');
}

function refusalOf(status: number, words: string): string {
  const isRedirect = status >= 300 && status < 400;
  const said = oneLine(words).trim();
  return [
    `the receiver answered ${status}`,
    isRedirect ? '; redirects are not followed' : '',
    // A page for people says nothing in so few characters.
    said === '' || said.startsWith('<') ? '' : `: ${said}`,
  ].join('');
}

/** `Retry-After` in seconds (RFC 9110 section 10.2.3); its date form is not used by receivers. */
function retryAfter(value: string | null): number | null {
  return value !== null && /^\d{1,6}(?:\.\d{1,6})?$/.test(value) ? Math.ceil(Number(value)) : null;
}

/** Telegram (`parameters.retry_after`) and Discord (`retry_after`) say it in the answer's body. */
function retryAfterIn(words: string): number | null {
  return retryAfter(/"retry_after"\s*:\s*(\d{1,6}(?:\.\d{1,6})?)/.exec(words)?.[1] ?? null);
}

function wordsOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? `${error.message}: ${error.cause.message}` : error.message;
}
