/** Moments and how long ago they were; the clock that they are counted from ticks for all of them. */
import { useSyncExternalStore } from 'react';
import { ago, roughly } from '../model/words.ts';

let nowMs = Date.now();
const watchers = new Set<() => void>();
window.setInterval(() => {
  nowMs = Date.now();
  for (const watcher of watchers) watcher();
}, 1_000);

function watch(watcher: () => void): () => void {
  watchers.add(watcher);
  return () => watchers.delete(watcher);
}

/** Milliseconds since 1970, down to a whole `stepMs`: whoever asks is drawn anew that often, no more. */
export function useNow(stepMs = 1_000): number {
  return useSyncExternalStore(watch, () => Math.floor(nowMs / stepMs) * stepMs);
}

const CLOCK = new Intl.DateTimeFormat('en-GB', { timeStyle: 'medium' });
const DAY_AND_CLOCK = new Intl.DateTimeFormat('en-GB', {
  dateStyle: 'medium',
  timeStyle: 'medium',
});
const DAY = new Intl.DateTimeFormat('en-GB', { dateStyle: 'medium' });

interface MomentProps {
  /** RFC 3339. */
  readonly at: string;
  readonly show?: 'clock' | 'full' | 'day' | 'exact';
}

/** In the reader's time zone; the title has it in UTC, as it is signed. */
export function Moment({ at, show = 'full' }: MomentProps) {
  const date = new Date(at);
  return (
    <time dateTime={at} title={at}>
      {show === 'exact'
        ? `${CLOCK.format(date)}.${at.slice(20, 23)}`
        : (show === 'clock' ? CLOCK : show === 'day' ? DAY : DAY_AND_CLOCK).format(date)}
    </time>
  );
}

export function Ago({ at }: { readonly at: string }) {
  return (
    <time dateTime={at} title={at}>
      {ago(at, useNow())}
    </time>
  );
}

/** Counts up from `at`. */
export function Since({ at }: { readonly at: string }) {
  return <>{roughly(useNow() - Date.parse(at))}</>;
}
