/** Answers of the API that go on: line by line, as they arrive. */
import { TrustMonitorError } from '@trustmonitor/protocol';
import { request, type Dispatcher } from 'undici';
import type { ApiLocation } from './locate.ts';
import { errorOfAnswer } from './problem.ts';
import { dispatcherWith, headersFor, targetOf, unreachable, type ApiRequest } from './transport.ts';

/** The server says something every 15 s, if only that it is there. */
const SILENCE_LIMIT_MS = 60_000;
/** A line is one event or one result; the largest of them are a few kilobytes. */
const LINE_LIMIT_CHARACTERS = 1024 * 1024;

export interface StreamRequest extends ApiRequest {
  readonly accept: string;
  readonly lastEventId?: string | undefined;
}

export type LineStream = (what: StreamRequest, signal?: AbortSignal) => AsyncGenerator<string>;

/** Throws the API's own error, or `api.unreachable` where the stream breaks. Ends when aborted. */
export function streamFrom(location: ApiLocation): LineStream {
  const dispatcher = dispatcherWith({ bodyTimeout: SILENCE_LIMIT_MS });
  return async function* (what, signal) {
    try {
      const answer = await open(location, what, dispatcher, signal);
      yield* linesOf(answer.body);
    } catch (error) {
      if (signal?.aborted === true) return;
      throw error instanceof TrustMonitorError ? error : unreachable(location.url, error);
    }
  };
}

async function open(
  location: ApiLocation,
  what: StreamRequest,
  dispatcher: Dispatcher,
  signal?: AbortSignal,
): Promise<Dispatcher.ResponseData> {
  const target = targetOf(location, what);
  const answer = await request(target, {
    dispatcher,
    method: what.method,
    headers: {
      ...headersFor(location, what),
      accept: `${what.accept}, application/problem+json`,
      ...(what.lastEventId === undefined ? {} : { 'last-event-id': what.lastEventId }),
    },
    body: what.body === undefined ? null : JSON.stringify(what.body),
    ...(signal === undefined ? {} : { signal }),
  });
  if (answer.statusCode < 300) return answer;
  const text = await answer.body.text();
  throw errorOfAnswer(answer.statusCode, text, target.origin + target.pathname);
}

async function* linesOf(body: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const chunk of body) {
    rest += decoder.decode(chunk, { stream: true });
    const lines = rest.split('\n');
    rest = lines.pop() ?? '';
    yield* lines;
    if (rest.length > LINE_LIMIT_CHARACTERS) {
      throw new TrustMonitorError('message.malformed', 'the API streams a line that has no end');
    }
  }
  if (rest !== '') yield rest;
}
