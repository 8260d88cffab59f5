/** A list that is read from its beginning on: more of it each time that somebody asks. */
import { useEffect, useState } from 'react';
import { get, type Page } from '../api/client.ts';
import { useRead, type Refresh } from '../api/resource.ts';
import { readUpTo } from '../model/paged.ts';

export interface List<T> {
  /** Null until it was read. */
  readonly rows: readonly T[] | null;
  readonly hasMore: boolean;
  readonly isReadingMore: boolean;
  readonly more: () => void;
  readonly error: Error | null;
  readonly reload: () => void;
}

export function useList<T>(
  path: string,
  filter: Readonly<Record<string, string>>,
  atOnce: number,
  refresh: Refresh,
): List<T> {
  const [most, setMost] = useState(atOnce);
  // The key stays what it is, so that what is shown does not vanish while more is read.
  const { data, error, reload } = useRead(
    `${path} ${new URLSearchParams(filter).toString()}`,
    (signal) => readUpTo((page) => get<Page<T>>(page, signal), path, filter, most),
    refresh,
  );
  // Once it is drawn: before that it would be read as far as before.
  useEffect(() => {
    if (most > atOnce) reload();
  }, [most, atOnce, reload]);
  const hasMore = data?.hasMore ?? false;
  return {
    rows: data?.rows ?? null,
    hasMore,
    isReadingMore: hasMore && error === null && (data?.rows.length ?? 0) < most,
    more: () => setMost((before) => before + atOnce),
    error,
    reload,
  };
}

interface MoreProps {
  readonly list: Pick<List<unknown>, 'rows' | 'hasMore' | 'isReadingMore' | 'more'>;
  /** What there is more of. */
  readonly what: string;
}

export function More({ list: { rows, hasMore, isReadingMore, more }, what }: MoreProps) {
  if (!hasMore) return null;
  return (
    <p className="actions">
      <button type="button" onClick={more} disabled={isReadingMore} aria-label={`More ${what}`}>
        {isReadingMore ? 'Reading …' : 'More'}
      </button>
      <span className="muted">the newest {rows?.length ?? 0} are shown</span>
    </p>
  );
}
