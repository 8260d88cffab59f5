/** One request and its response over one connection, whatever HTTP version carries them. */
import type { Socket } from 'node:net';
import type { Run } from '../run.ts';
import type { ContentCollector } from './content.ts';

export interface WireRequest {
  readonly method: string;
  readonly url: URL;
  /** Names in lower case, complete but for what frames the message. */
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: string | null;
}

export interface ResponseHead {
  readonly version: '1.0' | '1.1' | '2';
  readonly status: number;
  /** Names in lower case; the values of a repeated header joined by `, `. */
  readonly headers: ReadonlyMap<string, string>;
}

export interface Response {
  readonly head: ResponseHead;
  readonly content: ContentCollector | null;
}

/** Called once the head is there: null when the content is of no interest. */
export type ContentOf = (head: ResponseHead) => ContentCollector | null;

/**
 * Sends the request and takes the response in: marks `processing` and `transfer`, and resolves
 * when the content is complete or of no interest. The connection is not used again.
 */
export type Exchange = (
  run: Run,
  socket: Socket,
  request: WireRequest,
  contentOf: ContentOf,
) => Promise<Response>;

/** Bytes of all heads and trailers of one response, and how many header lines they may have. */
export const MAX_HEAD_BYTES = 65_536;
export const MAX_HEADER_LINES = 512;
/** Interim (1xx) responses before the real one. */
export const MAX_INTERIM_RESPONSES = 8;

export function addHeader(headers: Map<string, string>, name: string, value: string): void {
  const earlier = headers.get(name);
  headers.set(name, earlier === undefined ? value : `${earlier}, ${value}`);
}
