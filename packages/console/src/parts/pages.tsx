/** Long lists, newest first: a first page that is kept up to date, and more of it on demand. */
import { useState } from 'react';
import { get, type Page } from '../api/client.ts';
import { useRead, type Refresh, type Resource } from '../api/resource.ts';

export interface Pages<T> extends Resource<Page<T>> {
  readonly more: () => void;
}

/** Read anew, all that is shown is read: what came since pushes nothing out between two pages. */
export function usePages<T>(path: string, refresh: Refresh): Pages<T> {
  const [count, setCount] = useState(1);
  const read = useRead<Page<T>>(path, (signal) => readPages<T>(path, count, signal), refresh);
  const more = (): void => {
    setCount((before) => before + 1);
    read.reload();
  };
  return { ...read, more };
}

async function readPages<T>(path: string, count: number, signal: AbortSignal): Promise<Page<T>> {
  const data: T[] = [];
  let cursor: string | null = null;
  for (let page = 0; page < count && (page === 0 || cursor !== null); page += 1) {
    const from: string = cursor === null ? '' : `&cursor=${encodeURIComponent(cursor)}`;
    const next: Page<T> = await get<Page<T>>(path + from, signal);
    data.push(...next.data);
    cursor = next.nextCursor;
  }
  return { data, nextCursor: cursor };
}

export function More({ pages }: { readonly pages: Pages<unknown> }) {
  if (pages.data === null || pages.data.nextCursor === null) return null;
  return (
    <button type="button" onClick={pages.more}>
      More
    </button>
  );
}
