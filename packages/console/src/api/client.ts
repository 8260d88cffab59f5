/** The API as the console calls it: with the session's cookie, and nothing else of its own. */
import type { Problem } from '@trustmonitor/protocol';

/** An answer that is no success: the server's own words about it. */
export class ApiProblem extends Error {
  readonly status: number;
  readonly code: string;
  readonly hint: string | null;
  readonly fields: Problem['errors'];

  constructor(status: number, problem: Partial<Problem>) {
    super(problem.detail ?? `the server answered ${status}`);
    this.status = status;
    this.code = problem.code ?? 'unknown';
    this.hint = problem.hint ?? null;
    this.fields = problem.errors ?? [];
  }
}

/** Told when the server does not know us any more. */
export const SIGNED_OUT = 'console:signed-out';

export interface Sent {
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
}

/** Any call. Throws `ApiProblem` for what is refused, and a plain error where nobody answers. */
export async function send(method: string, path: string, sent: Sent = {}): Promise<Response> {
  const { body, headers, signal } = sent;
  const response = await fetch(path, {
    method,
    credentials: 'same-origin',
    headers: {
      'x-trustmonitor-console': '1',
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...headers,
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    ...(signal === undefined ? {} : { signal }),
  }).catch((error: unknown) => {
    if (signal?.aborted === true) throw error;
    throw new Error('The server does not answer.', { cause: error });
  });
  if (response.ok) return response;
  if (response.status === 401 && path !== '/v1/session') {
    window.dispatchEvent(new Event(SIGNED_OUT));
  }
  throw new ApiProblem(response.status, await problemOf(response));
}

async function problemOf(response: Response): Promise<Partial<Problem>> {
  try {
    return (await response.json()) as Partial<Problem>;
  } catch {
    // A proxy between us and the server has its own words.
    return {};
  }
}

/** A connection that died unnoticed is given up: nothing is read anew while it is still being read. */
const MOST_READING_MS = 30_000;

/**
 * The answer's JSON, which the server has checked against the schema that `T` is derived from.
 * The schemas themselves would double what a browser has to load.
 */
export async function get<T>(path: string, signal?: AbortSignal): Promise<T> {
  const limit = AbortSignal.timeout(MOST_READING_MS);
  const either = signal === undefined ? limit : AbortSignal.any([signal, limit]);
  try {
    const response = await send('GET', path, { signal: either });
    return (await response.json()) as T;
  } catch (error) {
    if (!limit.aborted || signal?.aborted === true) throw error;
    throw new Error('The server does not answer.', { cause: error });
  }
}

export async function write<T>(
  method: 'POST' | 'PUT' | 'PATCH',
  path: string,
  body: unknown,
  headers: Readonly<Record<string, string>> = {},
): Promise<T> {
  const response = await send(method, path, { body, headers });
  return (response.status === 204 ? null : await response.json()) as T;
}

export async function remove(
  path: string,
  headers: Readonly<Record<string, string>> = {},
): Promise<void> {
  await send('DELETE', path, { headers });
}

export interface Page<T> {
  readonly data: readonly T[];
  readonly nextCursor: string | null;
}

/** All pages of a list, up to `most` entries. */
export async function getAll<T>(path: string, most = 2_000, signal?: AbortSignal): Promise<T[]> {
  const all: T[] = [];
  const separator = path.includes('?') ? '&' : '?';
  let cursor: string | null = null;
  do {
    const from: string = cursor === null ? '' : `&cursor=${encodeURIComponent(cursor)}`;
    const page: Page<T> = await get<Page<T>>(`${path}${separator}limit=200${from}`, signal);
    all.push(...page.data);
    cursor = page.nextCursor;
  } while (cursor !== null && all.length < most);
  return all;
}
