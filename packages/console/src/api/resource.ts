/** What a component shows of the API: read when it appears, and again when something has happened. */
import { useCallback, useEffect, useRef, useState } from 'react';
import { get } from './client.ts';
import { asError } from '../model/errors.ts';
import type { Told } from './feed.ts';
import { useLive } from './live.ts';
import { Reader, type Read } from './reader.ts';

export interface Resource<T> {
  readonly data: T | null;
  readonly error: Error | null;
  readonly reload: () => void;
}

export interface Refresh {
  /** Read again so often, in ms. */
  readonly everyMs?: number;
  /** Read again upon such an event. A reset of the stream always counts. */
  readonly on?: (told: Told) => boolean;
  /**
   * False for what somebody goes on to edit: nothing that was read earlier is shown first, and
   * nothing is read again under their hands.
   */
  readonly isKept?: false;
}

/** Many events at once are one reason to read again. */
const SETTLE_MS = 250;

/** Shown at once when a page is come back to, while it is read anew. */
const kept = new Map<string, unknown>();
const MOST_KEPT = 200;

function keep(key: string, value: unknown): void {
  kept.delete(key);
  kept.set(key, value);
  const [oldest] = kept.keys();
  if (kept.size > MOST_KEPT && oldest !== undefined) kept.delete(oldest);
}

/** After a session nothing that was read may be left. */
export function forgetAll(): void {
  kept.clear();
}

/** `key` names what is read: another one is another resource. Null reads nothing. */
export function useRead<T>(key: string | null, read: Read<T>, refresh: Refresh = {}): Resource<T> {
  const [state, setState] = useState<{ key: string | null; data: T | null; error: Error | null }>({
    key: null,
    data: null,
    error: null,
  });
  const isKept = refresh.isKept ?? true;
  const newestRead = useRef(read);
  useEffect(() => {
    newestRead.current = read;
  });

  const reader = useRef<Reader<T> | null>(null);
  const reload = useCallback(() => reader.current?.again(), []);
  useEffect(() => {
    if (key === null) return;
    const own = new Reader<T>((signal) => newestRead.current(signal), {
      onData: (data) => {
        if (isKept) keep(key, data);
        setState({ key, data, error: null });
      },
      onError: (error) => {
        const known = asError(error);
        setState((before) => ({
          key,
          data: before.key === key ? before.data : null,
          error: known,
        }));
      },
    });
    reader.current = own;
    own.again();
    return () => {
      own.stop();
      reader.current = null;
    };
  }, [key, isKept]);

  useRefresh(refresh, reload);
  const data = state.key === key ? state.data : null;
  const earlier = key === null || !isKept ? null : ((kept.get(key) as T | undefined) ?? null);
  return { data: data ?? earlier, error: state.key === key ? state.error : null, reload };
}

/** What was read before stays until the next of its kind has been read. */
export function useLastSeen<T>({ data }: Pick<Resource<T>, 'data'>): T | null {
  const [last, setLast] = useState<T | null>(null);
  if (data !== null && data !== last) setLast(data);
  return data ?? last;
}

function useRefresh({ everyMs, on, isKept }: Refresh, reload: () => void): void {
  const timer = useRef<number | null>(null);
  useLive((told) => {
    if (isKept === false) return;
    if (told.type !== 'reset' && on?.(told) !== true) return;
    timer.current ??= window.setTimeout(() => {
      timer.current = null;
      reload();
    }, SETTLE_MS);
  });
  useEffect(() => {
    return () => {
      if (timer.current !== null) window.clearTimeout(timer.current);
      timer.current = null;
    };
  }, []);
  useEffect(() => {
    if (everyMs === undefined) return;
    const again = window.setInterval(() => {
      // Nobody looks at a hidden page; it is read when it is shown again.
      if (!document.hidden) reload();
    }, everyMs);
    const shown = (): void => {
      if (!document.hidden) reload();
    };
    document.addEventListener('visibilitychange', shown);
    return () => {
      window.clearInterval(again);
      document.removeEventListener('visibilitychange', shown);
    };
  }, [everyMs, reload]);
}

/** One answer of the API. */
export function useResource<T>(path: string | null, refresh: Refresh = {}): Resource<T> {
  return useRead<T>(path, (signal) => get<T>(path ?? '', signal), refresh);
}
