/** Every failure of a request -> RFC 9457 problem details with a stable code. */
import {
  ERROR_CATALOGUE,
  TrustMonitorError,
  Problem,
  isTrustMonitorError,
  type ErrorCode,
} from '@trustmonitor/protocol';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { randomUUID } from 'node:crypto';
import type { Socket } from 'node:net';
import type { Logger } from 'pino';

const MEDIA_TYPE = 'application/problem+json';
const PROBLEM_RESPONSE = {
  description: 'What went wrong, by a stable code (RFC 9457)',
  content: { 'application/problem+json': { schema: Problem } },
};
const DOCS = 'https://trustmonitor.dev/errors';

/** Fastify's own refusals that have a word in our catalogue; other 4xx are malformed input. */
const FASTIFY_CODES: Readonly<Record<string, ErrorCode>> = {
  FST_ERR_CTP_BODY_TOO_LARGE: 'input.too_large',
};

export function installProblems(app: FastifyInstance, log: Logger): void {
  app.setErrorHandler((error, request, reply) => {
    const known = asKnown(error);
    if (ERROR_CATALOGUE[known.code].http >= 500) {
      log.error({ err: error, requestId: request.id, url: loggedUrl(request) }, 'request failed');
    }
    return sendProblem(known, request, reply);
  });
  // Every route says in the document how it fails, and whether it needs a token.
  app.addHook('onRoute', ({ schema, config }) => {
    if (schema === undefined) return;
    const documented = schema.response as Record<string, unknown> | undefined;
    schema.response = { ...documented, default: PROBLEM_RESPONSE };
    if (config?.scope === 'public') schema.security = [];
  });
  app.setNotFoundHandler((request, reply) =>
    sendProblem(
      new TrustMonitorError('not_found', `there is no ${request.method} ${request.url}`, {
        hint: 'See /openapi.json for all there is.',
      }),
      request,
      reply,
    ),
  );
}

/** A path with a secret in it is logged as its pattern. */
function loggedUrl({ params, routeOptions, url }: FastifyRequest): string {
  const isSecret = typeof params === 'object' && params !== null && 'secret' in params;
  return isSecret ? (routeOptions.url ?? '') : url;
}

/** For what fails before there is a route: a URL that cannot be read, for one. */
export function answerFrameworkError(
  error: Error,
  request: FastifyRequest,
  reply: FastifyReply,
): FastifyReply {
  return sendProblem(asKnown(error), request, reply);
}

/** Answers what is no HTTP at all, in the same form, and hangs up. */
export function answerClientError(error: NodeJS.ErrnoException, socket: Socket): void {
  if (!socket.writable || error.code === 'ECONNRESET') {
    socket.destroy();
    return;
  }
  const known = new TrustMonitorError('input.malformed', 'the request is not well-formed HTTP');
  const body = JSON.stringify(problemOf(known, randomUUID()));
  socket.end(
    [
      'HTTP/1.1 400 Bad Request',
      `content-type: ${MEDIA_TYPE}`,
      `content-length: ${Buffer.byteLength(body)}`,
      'connection: close',
      '',
      body,
    ].join('\r\n'),
  );
}

function sendProblem(
  error: TrustMonitorError,
  request: FastifyRequest,
  reply: FastifyReply,
): FastifyReply {
  const { http } = ERROR_CATALOGUE[error.code];
  return reply.status(http).type(MEDIA_TYPE).send(problemOf(error, request.id));
}

function problemOf(error: TrustMonitorError, requestId: string): Problem {
  const { http, title } = ERROR_CATALOGUE[error.code];
  return {
    type: `${DOCS}#${error.code}`,
    title,
    status: http,
    // What went wrong inside is for the log; a stranger gets the request's id.
    detail: error.code === 'internal' ? 'see the server log for this requestId' : error.message,
    code: error.code,
    ...(error.hint === undefined ? {} : { hint: error.hint }),
    errors: fieldsOf(error),
    requestId,
  };
}

function fieldsOf(error: TrustMonitorError): Problem['errors'] {
  if (error.fields.length > 0) return error.fields.map((field) => ({ ...field }));
  return error.where?.startsWith('/') === true
    ? [{ pointer: error.where, detail: error.message }]
    : [];
}

function asKnown(error: unknown): TrustMonitorError {
  if (isTrustMonitorError(error)) return error;
  const { statusCode, code } = error as { statusCode?: unknown; code?: unknown };
  const isTheirs = typeof statusCode === 'number' && statusCode < 500;
  if (!isTheirs) return new TrustMonitorError('internal', 'internal error', { cause: error });
  const known = FASTIFY_CODES[String(code)] ?? 'input.malformed';
  return new TrustMonitorError(known, error instanceof Error ? error.message : String(error));
}
