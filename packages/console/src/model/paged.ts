/** Lists that come in pages. */

interface Page<T> {
  readonly data: readonly T[];
  readonly nextCursor: string | null;
}

export interface Paged<T> {
  readonly rows: readonly T[];
  readonly hasMore: boolean;
}

/** As much as the API gives at once. */
const MOST_AT_ONCE = 200;

/** The first `most` of the list at `path` that `filter` lets through, in as few pages as it takes. */
export async function readUpTo<T>(
  read: (path: string) => Promise<Page<T>>,
  path: string,
  filter: Readonly<Record<string, string>>,
  most: number,
): Promise<Paged<T>> {
  const rows: T[] = [];
  let cursor: string | null = null;
  do {
    const limit = String(Math.min(MOST_AT_ONCE, most - rows.length));
    const query = new URLSearchParams({ ...filter, limit });
    if (cursor !== null) query.set('cursor', cursor);
    const page: Page<T> = await read(`${path}?${query.toString()}`);
    rows.push(...page.data);
    cursor = page.nextCursor;
  } while (cursor !== null && rows.length < most);
  return { rows, hasMore: cursor !== null };
}
