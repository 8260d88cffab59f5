/**
 * `Idempotency-Key` on POST: a request that is sent again is not carried out again.
 *
 *     free -> claimed -> answered (2xx) -> free after a day
 *               |  \
 *               |   refused (4xx): nothing happened, the key is free again
 *               5xx, or the process died: nobody knows what happened, so the key stays claimed
 */
import { createHash } from 'node:crypto';
import { PassThrough, Readable } from 'node:stream';
import { TrustMonitorError } from '@trustmonitor/protocol';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import {
  claimKey,
  keepAnswer,
  releaseKey,
  selectAnswer,
  type Answer,
  type IdempotencyKey,
} from '../store/idempotency.ts';
import type { ApiContext } from './context.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** The key that this request has claimed; null for one without. */
    claimed: IdempotencyKey | null;
  }
}

const KEY_PATTERN = /^[\x21-\x7e]{1,200}$/;
const KEPT_HEADERS = ['content-type', 'location', 'etag'];
/** No request takes longer; one that did not end by then never will. */
const LONGEST_REQUEST_MS = 60_000;
const MAX_KEPT_BYTES = 4 * 1024 * 1024;
/** The name that bodies are sealed under, where a monitor's stands: no monitor has it. */
const SEALED_UNDER = 'idempotency key';

export function installIdempotency(app: FastifyInstance, context: ApiContext): void {
  app.decorateRequest('claimed', null);
  app.addHook('preHandler', async (request, reply) => {
    const header = request.headers['idempotency-key'];
    if (header === undefined || request.method !== 'POST' || request.token === null) return;
    if (typeof header !== 'string' || !KEY_PATTERN.test(header)) {
      throw new TrustMonitorError('input.invalid', 'Idempotency-Key must be 1 to 200 characters');
    }
    const key = { token: request.token.id, key: header };
    const digest = digestOf(request);
    if (await claimKey(context.database, key, digest)) request.claimed = key;
    else return replay(reply, await answerTo(key, digest, context), key, context);
  });
  app.addHook('onSend', async (request, reply, payload) => {
    const { claimed } = request;
    if (claimed === null) return payload;
    request.claimed = null;
    const { statusCode } = reply;
    if (statusCode >= 500) return payload;
    if (statusCode >= 400) await releaseKey(context.database, claimed);
    else if (payload instanceof Readable) return copying(payload, claimed, reply, context);
    else await keep(claimed, reply, textOf(payload), context);
    return payload;
  });
}

/** What makes two requests the same: where they go, what they say, and the form they ask for. */
function digestOf({ url, headers, body }: FastifyRequest): string {
  const parts = [url, headers.accept ?? '', JSON.stringify(body ?? null)];
  return createHash('sha256').update(parts.join('\n')).digest('hex');
}

async function answerTo(
  key: IdempotencyKey,
  digest: string,
  { database }: ApiContext,
): Promise<Answer> {
  const kept = await selectAnswer(database, key);
  if (kept !== null && kept.request !== digest) {
    throw new TrustMonitorError(
      'idempotency.reused',
      'this Idempotency-Key was sent with another request',
      { hint: 'Take a new key for each request.' },
    );
  }
  if (kept?.answer) return kept.answer;
  const isLost = kept !== null && kept.ageMs > LONGEST_REQUEST_MS;
  throw new TrustMonitorError(
    'idempotency.busy',
    isLost
      ? 'the first request under this Idempotency-Key never ended: it may have been carried out'
      : 'the first request under this Idempotency-Key is still being carried out',
    { hint: isLost ? 'Look what is there, then take a new key.' : 'Send it again in a moment.' },
  );
}

function replay(
  reply: FastifyReply,
  { status, headers, sealedBody }: Answer,
  { key }: IdempotencyKey,
  { secretBox }: ApiContext,
): FastifyReply {
  const body = secretBox.open(SEALED_UNDER, key, sealedBody);
  return reply
    .status(status)
    .headers({ ...headers, 'idempotency-replayed': 'true' })
    .serializer((text: string) => text)
    .send(status === 204 ? null : Buffer.from(body));
}

async function keep(
  key: IdempotencyKey,
  reply: FastifyReply,
  body: string,
  { database, secretBox }: ApiContext,
): Promise<void> {
  const headers = Object.fromEntries(
    KEPT_HEADERS.flatMap((name) => {
      const value = reply.getHeader(name);
      return value === undefined ? [] : [[name, String(value)]];
    }),
  );
  const sealedBody = secretBox.seal(SEALED_UNDER, key.key, body);
  await keepAnswer(database, key, { status: reply.statusCode, headers, sealedBody });
}

/** A stream is sent on as it comes, and kept when it has ended. */
function copying(
  payload: Readable,
  key: IdempotencyKey,
  reply: FastifyReply,
  context: ApiContext,
): PassThrough {
  const chunks: Buffer[] = [];
  let bytes = 0;
  const copy = new PassThrough();
  payload.on('data', (chunk: Buffer | string) => {
    bytes += chunk.length;
    if (bytes <= MAX_KEPT_BYTES) chunks.push(Buffer.from(chunk));
  });
  payload.on('end', () => {
    const kept = bytes > MAX_KEPT_BYTES ? null : Buffer.concat(chunks).toString('utf8');
    if (kept === null) return;
    keep(key, reply, kept, context).catch((error: unknown) =>
      context.log.warn({ err: error }, 'an answer could not be kept for its Idempotency-Key'),
    );
  });
  // Whoever hangs up ends the work behind it, as without a key.
  copy.on('close', () => payload.destroy());
  return payload.pipe(copy);
}

function textOf(payload: unknown): string {
  if (Buffer.isBuffer(payload)) return payload.toString('utf8');
  return typeof payload === 'string' ? payload : '';
}
