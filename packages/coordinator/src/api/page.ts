/** Cursors: opaque to callers, the last id of the page to us. */
import { TrustMonitorError, UUID7_PATTERN } from '@trustmonitor/protocol';
import Type from 'typebox';

const DEFAULT_LIMIT = 50;

/** The answer of routes that have nothing to say. */
export const NO_CONTENT = Type.Null({ description: 'Done' });

/** Lists in order of birth have the last id as their cursor. */
export const UUID7_CURSOR = new RegExp(UUID7_PATTERN);
/** Lists in order of id. */
export const SLUG_CURSOR = /^[a-z0-9-]{1,63}$/;

export interface Page<T> {
  readonly data: T[];
  readonly nextCursor: string | null;
}

export const limitOf = (query: { limit?: number }): number => query.limit ?? DEFAULT_LIMIT;

/** What a cursor stands for; null for the first page. Throws `input.invalid`. */
export function readCursor(cursor: string | undefined, pattern: RegExp): string | null {
  if (cursor === undefined) return null;
  const id = Buffer.from(cursor, 'base64url').toString('utf8');
  if (!pattern.test(id)) {
    throw new TrustMonitorError('input.invalid', 'the cursor is not one that this list gave out', {
      where: '/cursor',
    });
  }
  return id;
}

/** One row more than the limit was asked for: it says whether there is a next page. */
export function pageOf<Row, T>(
  rows: readonly Row[],
  limit: number,
  idOf: (row: Row) => string,
  show: (row: Row) => T,
): Page<T> {
  const shown = rows.slice(0, limit);
  const last = shown.at(-1);
  const hasMore = rows.length > limit && last !== undefined;
  return {
    data: shown.map(show),
    nextCursor: hasMore ? Buffer.from(idOf(last)).toString('base64url') : null,
  };
}

/** A time in a query: RFC 3339 in UTC, with or without fractions of a second. */
export const Instant = (description: string) =>
  Type.String({
    pattern: '^\\d{4}-\\d{2}-\\d{2}T\\d{2}:\\d{2}:\\d{2}(?:\\.\\d{1,9})?Z$',
    description,
  });

/** Null when it was not given. Throws `input.invalid` for a date that there is none of. */
export function instantOf(text: string | undefined, pointer: string): Date | null {
  if (text === undefined) return null;
  const date = new Date(text);
  // 31 February would be taken for 3 March.
  if (!Number.isNaN(date.getTime()) && date.toISOString().startsWith(text.slice(0, 19))) {
    return date;
  }
  throw new TrustMonitorError('input.invalid', `${pointer} ${text} is not a time`, {
    where: pointer,
  });
}
