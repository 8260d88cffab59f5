/**
 * What happens in the network, for as long as somebody watches. A connection that breaks is made
 * again, and goes on where it left off:
 *
 *     connecting -> open -> (word | event | reset)... -> lost -> connecting
 *
 * Only before the first connection is a failure an error: later it may pass by itself.
 */
import { setTimeout as pause } from 'node:timers/promises';
import {
  LIVE_EVENT_TYPES,
  LiveEvent,
  isTrustMonitorError,
  parserOf,
  type TrustMonitorError,
} from '@trustmonitor/protocol';
import type { ApiLocation } from '../api/locate.ts';
import { eventsOf, type ServerSentEvent } from '../api/sse.ts';
import { streamFrom } from '../api/stream.ts';

export type Notice =
  | { readonly type: 'open' }
  /** A sign of life: nothing happened. */
  | { readonly type: 'word' }
  | { readonly type: 'event'; readonly id: string; readonly event: LiveEvent }
  /** What was missed is no longer kept: everything shown is to be read again. */
  | { readonly type: 'reset' }
  | { readonly type: 'lost'; readonly reason: string };

export interface Following {
  /** Asked before each connection: another coordinator may answer meanwhile. */
  readonly locate: () => Promise<ApiLocation>;
  /** The only monitor that is wanted; null for all. */
  readonly monitor: string | null;
  readonly signal: AbortSignal;
  readonly retryMs?: number;
}

const RETRY_MS = 2_000;

const eventParser = parserOf(LiveEvent, 'message.malformed');

/** Ends when aborted. Throws what keeps it from connecting at all, or for good. */
export async function* follow(following: Following): AsyncGenerator<Notice> {
  const { signal, retryMs = RETRY_MS } = following;
  let lastId: string | undefined;
  let wasOpen = false;
  const isOver = (): boolean => signal.aborted;
  while (!isOver()) {
    try {
      for await (const notice of connection(following, lastId)) {
        wasOpen = true;
        if (notice.type === 'event') lastId = notice.id;
        yield notice;
      }
      if (!isOver()) yield { type: 'lost', reason: 'the coordinator closed the connection' };
    } catch (error) {
      if (!wasOpen || !mayPass(error)) throw error;
      yield { type: 'lost', reason: error.message };
    }
    await pause(retryMs, undefined, { signal }).catch(() => undefined);
  }
}

async function* connection(
  { locate, monitor, signal }: Following,
  lastEventId: string | undefined,
): AsyncGenerator<Notice> {
  const lines = streamFrom(await locate())(
    {
      method: 'GET',
      path: '/v1/events',
      accept: 'text/event-stream',
      query: monitor === null ? undefined : { monitor },
      lastEventId,
    },
    signal,
  );
  let isOpen = false;
  for await (const sent of eventsOf(lines)) {
    if (!isOpen) yield { type: 'open' };
    isOpen = true;
    yield noticeOf(sent);
  }
}

function noticeOf(sent: ServerSentEvent | null): Notice {
  if (sent?.event === 'stream.reset') return { type: 'reset' };
  // A newer coordinator may tell of what this build does not know.
  if (sent === null || !isKnown(sent.event)) return { type: 'word' };
  return { type: 'event', id: sent.id, event: eventParser.parseJson(sent.data, 'an event') };
}

function isKnown(type: string): boolean {
  return (LIVE_EVENT_TYPES as readonly string[]).includes(type);
}

/** A restart, a takeover, a full house. A token that is refused will be refused again. */
function mayPass(error: unknown): error is TrustMonitorError {
  return (
    isTrustMonitorError(error, 'api.unreachable') ||
    isTrustMonitorError(error, 'stack.not_running') ||
    isTrustMonitorError(error, 'rate.limited')
  );
}
