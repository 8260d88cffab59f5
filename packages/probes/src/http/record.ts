/** What of an HTTP answer is written down. */
import { MAX_SHAPED_BYTES, type Assertion, type HttpCheck } from '@trustmonitor/protocol';
import { excerpt } from '../failure.ts';
import type { Run } from '../run.ts';
import type { Content, ContentCollector } from './content.ts';
import type { ResponseHead } from './exchange.ts';
import { headerNamesOf, isJsonType, jsonShapeOf } from './response-shape.ts';

const MAX_HEADER_CHARS = 512;

/** Headers that help to understand a failure and hold no secret by their nature. */
const KEPT_HEADERS = [
  'age',
  'cache-control',
  'content-encoding',
  'content-length',
  'content-type',
  'date',
  'etag',
  'last-modified',
  'retry-after',
  'server',
  'via',
  'x-cache',
  'x-request-id',
] as const;

/** The head of the latest response, with the headers above and those that are asserted on. */
export function recordHead(run: Run, assertions: readonly Assertion[], head: ResponseHead): void {
  run.seen.httpVersion = head.version;
  run.answer.status = run.seen.status = head.status;
  run.answer.headers = head.headers;
  run.seen.headers = {};
  for (const name of KEPT_HEADERS) keep(run, head, name);
  for (const assertion of assertions) {
    if (assertion.subject === 'header') keep(run, head, assertion.name);
  }
}

/** The form of an answer that is looked at; what its content adds comes with that. */
export function recordShape(run: Run, { headers }: ResponseHead): void {
  run.seen.shape = { headers: headerNamesOf(headers), json: null };
}

function keep(run: Run, head: ResponseHead, name: string): void {
  const value = head.headers.get(name);
  // Cookies are credentials, whoever asks for them.
  if (value === undefined || name === 'set-cookie') return;
  run.seen.headers[name] = excerpt(value, MAX_HEADER_CHARS);
}

export async function recordContent(
  run: Run,
  collector: ContentCollector,
  capture: HttpCheck['http']['captureBody'],
): Promise<void> {
  const content = await collector.finish();
  run.answer.content = content.kept;
  run.answer.contentBytes = run.seen.bodyBytes = content.bytes;
  run.answer.contentSha256 = content.sha256;
  if (capture !== 'none') recordDigests(run, content);
  if (capture === 'excerpt') run.quotable = content.kept;
}

function recordDigests(run: Run, { sha256, kept }: Content): void {
  const { seen, answer } = run;
  seen.bodySha256 = sha256;
  if (seen.shape === undefined || kept === null || kept.length > MAX_SHAPED_BYTES) return;
  if (!isJsonType(answer.headers.get('content-type') ?? '')) return;
  const { json } = run.document;
  if (json !== null) seen.shape = { ...seen.shape, json: jsonShapeOf(json.value) };
}
