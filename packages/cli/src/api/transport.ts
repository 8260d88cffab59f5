/** One HTTP request to the API: bounded in time and size, its failures in our words. */
import { TrustMonitorError } from '@trustmonitor/protocol';
import { Agent, request } from 'undici';
import type { ApiLocation } from './locate.ts';
import { errorOfAnswer } from './problem.ts';

const CONNECT_LIMIT_MS = 5_000;
const ANSWER_LIMIT_MS = 30_000;
const ANSWER_LIMIT_BYTES = 128 * 1024 * 1024;

export interface ApiRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  /** From the API's root, such as `/v1/monitors`. */
  readonly path: string;
  readonly query?: Readonly<Record<string, string | number>> | undefined;
  readonly body?: unknown;
  /** Answers of 400 and above that are no errors: `/readyz` explains itself in a 503. */
  readonly expect?: readonly number[];
}

export interface ApiAnswer {
  readonly status: number;
  readonly bytes: Uint8Array;
}

export type Transport = (what: ApiRequest) => Promise<ApiAnswer>;

/** Throws the API's own error, or `api.unreachable` when there is no answer. */
export function transportTo(location: ApiLocation): Transport {
  const { url } = location;
  const dispatcher = dispatcherWith({
    bodyTimeout: ANSWER_LIMIT_MS,
    maxResponseSize: ANSWER_LIMIT_BYTES,
  });

  return async (what) => {
    const { method, body, expect = [] } = what;
    const target = targetOf(location, what);
    const answer = await request(target, {
      dispatcher,
      method,
      headers: headersFor(location, what),
      body: body === undefined ? null : JSON.stringify(body),
    }).catch((cause: unknown) => Promise.reject(unreachable(url, cause)));
    const bytes = await answer.body
      .bytes()
      .catch((cause: unknown) => Promise.reject(unreachable(url, cause)));
    const status = answer.statusCode;
    if (status < 300 || expect.includes(status)) return { status, bytes };
    throw errorOfAnswer(status, new TextDecoder().decode(bytes), target.origin + target.pathname);
  };
}

export function dispatcherWith(limits: Agent.Options): Agent {
  return new Agent({
    connect: { timeout: CONNECT_LIMIT_MS },
    headersTimeout: ANSWER_LIMIT_MS,
    ...limits,
  });
}

/** The address of one resource, also where the API has a path of its own behind a proxy. */
export function targetOf({ url }: ApiLocation, { path, query = {} }: ApiRequest): URL {
  const target = new URL(url.pathname.replace(/\/$/, '') + path, url);
  for (const [name, value] of Object.entries(query)) target.searchParams.set(name, `${value}`);
  return target;
}

export function headersFor({ token }: ApiLocation, { body }: ApiRequest): Record<string, string> {
  return {
    accept: 'application/json, application/problem+json',
    ...(token === null ? {} : { authorization: `Bearer ${token}` }),
    ...(body === undefined ? {} : { 'content-type': 'application/json' }),
  };
}

export function unreachable(url: URL, cause: unknown): TrustMonitorError {
  return new TrustMonitorError(
    'api.unreachable',
    `the API at ${url.origin} does not answer: ${reasonOf(cause)}`,
    {
      where: url.origin,
      hint: 'is the stack running? `trustmonitor up` starts it; --url names another API',
      cause,
    },
  );
}

function reasonOf(cause: unknown): string {
  if (!(cause instanceof Error)) return String(cause);
  const code = (cause as NodeJS.ErrnoException).code;
  switch (code) {
    case 'ECONNREFUSED':
      return 'the connection was refused';
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return 'the name cannot be resolved';
    case 'UND_ERR_CONNECT_TIMEOUT':
      return `no connection within ${CONNECT_LIMIT_MS / 1_000}s`;
    case 'UND_ERR_HEADERS_TIMEOUT':
    case 'UND_ERR_BODY_TIMEOUT':
      return `no complete answer within ${ANSWER_LIMIT_MS / 1_000}s`;
    case 'UND_ERR_RES_EXCEEDED_MAX_SIZE':
      return `the answer is larger than ${ANSWER_LIMIT_BYTES} bytes`;
    default:
      // A name with several addresses fails with an AggregateError that has no message.
      return cause.message || code || 'no connection';
  }
}
