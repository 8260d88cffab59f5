/** Where jobs report in. Public: the address itself says that the caller may. */
import { Strict, TrustMonitorError } from '@trustmonitor/protocol';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { IncomingMessage } from 'node:http';
import Type, { type Static } from 'typebox';
import { cleanMessage } from '../push/message.ts';
import { storePing, type PingKind } from '../store/heartbeats.ts';
import type { ApiContext } from './context.ts';

/** Any text: what is no monitor at all is answered like a wrong secret. */
const Path = Strict({ monitor: Type.String(), secret: Type.String() });
const Recorded = Strict({ recorded: Type.Enum(['ok', 'fail', 'start']) });

const SUMMARIES = {
  ok: 'A job reports that it is well',
  fail: 'A job reports that it failed; the body says why',
  start: 'A job reports that it starts',
} as const;

/** What is kept of a body; a job may send its whole output, and has reported all the same. */
const KEPT_BYTES = 2_048;

export function pingRoutes(app: FastifyInstance, context: ApiContext): void {
  // Before the body is read: who does not know the address sends nothing.
  app.addHook<{ Params: Static<typeof Path> }>('onRequest', ({ params }, _reply, done) => {
    done(context.pings.isRight(params.monitor, params.secret) ? undefined : unknownAddress());
  });
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', (_request: FastifyRequest, payload: IncomingMessage) =>
    beginningOf(payload),
  );
  for (const [kind, path] of [
    ['ok', '/ping/:monitor/:secret'],
    ['fail', '/ping/:monitor/:secret/fail'],
    ['start', '/ping/:monitor/:secret/start'],
  ] as const) {
    for (const method of ['GET', 'POST'] as const) {
      // HEAD comes with GET.
      app.route<{ Params: Static<typeof Path> }>({
        method,
        url: path,
        config: { scope: 'public' },
        schema: {
          summary: SUMMARIES[kind],
          tags: ['pings'],
          params: Path,
          response: { 200: Recorded },
        },
        handler: ({ params, body }) => take(params, kind, body, context),
      });
    }
  }
}

/** Stored before it is answered: a job that gets no 200 sends it again. */
async function take(
  { monitor }: Static<typeof Path>,
  kind: PingKind,
  body: unknown,
  { database, clock, cycle }: ApiContext,
): Promise<Static<typeof Recorded>> {
  const message = kind === 'fail' && typeof body === 'string' ? cleanMessage(body) : null;
  const stored = await storePing(database, { monitor, kind, atMs: clock(), message });
  if (stored === null) throw unknownAddress();
  if (stored.changes) cycle.hasten(monitor);
  return { recorded: kind };
}

/** The same for a wrong secret, for no such monitor and for one of another kind. */
function unknownAddress(): TrustMonitorError {
  return new TrustMonitorError('not_found', 'there is no such ping address');
}

/** The first bytes, as text; the rest is read and let go. */
async function beginningOf(payload: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of payload as AsyncIterable<Buffer>) {
    if (bytes < KEPT_BYTES) chunks.push(chunk);
    bytes += chunk.length;
  }
  return Buffer.concat(chunks).subarray(0, KEPT_BYTES).toString('utf8');
}
