/** One stream of events for the whole console, and who listens to it. */
import { useEffect, useRef, useSyncExternalStore } from 'react';
import { LiveFeed, type LiveState, type Source, type Told } from './feed.ts';

function connect(): Source {
  const source = new EventSource('/v1/events');
  return {
    addEventListener: (type, listener) => {
      source.addEventListener(type, (event) => listener(event as MessageEvent<string>));
    },
    close: () => source.close(),
    isClosed: () => source.readyState === EventSource.CLOSED,
  };
}

export const liveFeed = new LiveFeed(connect);

export function useLiveState(): LiveState {
  return useSyncExternalStore(liveFeed.watch, () => liveFeed.state);
}

/** Calls the newest `listener` with everything that happens while the component is shown. */
export function useLive(listener: (told: Told) => void): void {
  const newest = useRef(listener);
  useEffect(() => {
    newest.current = listener;
  });
  useEffect(() => liveFeed.listen((told) => newest.current(told)), []);
}
