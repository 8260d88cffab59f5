/** What happened, for listeners: one row for each transaction that has something to tell. */
import type { LiveEvent } from '@trustmonitor/protocol';
import { lock } from './advisory-locks.ts';
import type { Queryable } from './database.ts';

/**
 * Call it last in a transaction. The lock makes rows visible in the order of their numbers, also
 * when several coordinators write: who has read up to one number has missed none below it.
 */
export async function insertEvents(tx: Queryable, events: readonly LiveEvent[]): Promise<void> {
  if (events.length === 0) return;
  await lock(tx, 'events');
  await tx.query('insert into event (events) values ($1)', [JSON.stringify(events)]);
}

export interface StoredEvents {
  readonly seq: number;
  readonly events: readonly LiveEvent[];
}

/** Rows from number `from` on, in order. */
export async function selectEvents(
  db: Queryable,
  from: number,
  limit: number,
): Promise<StoredEvents[]> {
  const { rows } = await db.query<{ seq: string; events: LiveEvent[] }>(
    'select seq, events from event where seq >= $1 order by seq limit $2',
    [from, limit],
  );
  return rows.map(({ seq, events }) => ({ seq: Number(seq), events }));
}

/** The newest row's number; 0 before the first. */
export async function selectNewestEvent(db: Queryable): Promise<number> {
  const { rows } = await db.query<{ seq: string | null }>('select max(seq) as seq from event');
  return Number(rows[0]?.seq ?? 0);
}

/** Drops what is older than `hours`, and beyond the newest `rows` rows. */
export async function pruneEvents(db: Queryable, hours: number, rows: number): Promise<void> {
  await db.query(
    `delete from event
      where at < now() - make_interval(hours => $1)
         or seq <= (select max(seq) from event) - $2`,
    [hours, rows],
  );
}
