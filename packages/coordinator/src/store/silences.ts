/** Silences: which monitors nobody is told of, and for how long. */
import { TrustMonitorError, type Selector, type Uuid7 } from '@trustmonitor/protocol';
import type { Queryable } from './database.ts';

export interface StoredSilence {
  readonly id: Uuid7;
  readonly match: Selector;
  readonly startsAt: Date;
  readonly endsAt: Date;
  readonly reason: string;
  readonly createdAt: Date;
  readonly createdBy: string;
  readonly endedAt: Date | null;
  readonly endedBy: string | null;
}

interface Row {
  id: Uuid7;
  match: Selector;
  starts_at: Date;
  ends_at: Date;
  reason: string;
  created_at: Date;
  created_by: string;
  ended_at: Date | null;
  ended_by: string | null;
}

function toStored(row: Row): StoredSilence {
  return {
    id: row.id,
    match: row.match,
    startsAt: row.starts_at,
    endsAt: row.ends_at,
    reason: row.reason,
    createdAt: row.created_at,
    createdBy: row.created_by,
    endedAt: row.ended_at,
    endedBy: row.ended_by,
  };
}

export type NewSilence = Pick<
  StoredSilence,
  'match' | 'startsAt' | 'endsAt' | 'reason' | 'createdBy'
>;

export async function insertSilence(tx: Queryable, silence: NewSilence): Promise<StoredSilence> {
  const { match, startsAt, endsAt, reason, createdBy } = silence;
  const { rows } = await tx.query<Row>(
    `insert into silence (match, starts_at, ends_at, reason, created_by)
     values ($1, $2, $3, $4, $5) returning *`,
    [match, startsAt, endsAt, reason, createdBy],
  );
  const [stored] = rows.map(toStored);
  if (stored === undefined) throw new TrustMonitorError('internal', 'a silence was not written');
  return stored;
}

/** One page, newest first, also of those that are over. */
export async function selectSilencePage(
  db: Queryable,
  filter: { readonly state: 'open' | 'ended' | null; readonly before: Uuid7 | null },
  limit: number,
): Promise<StoredSilence[]> {
  const { rows } = await db.query<Row>(
    `select * from silence
      where ($1::text is null or ($1 = 'open') = (ended_at is null and ends_at > now()))
        and ($2::uuid is null or id < $2)
      order by id desc limit $3`,
    [filter.state, filter.before, limit],
  );
  return rows.map(toStored);
}

export async function selectSilence(db: Queryable, id: Uuid7): Promise<StoredSilence | null> {
  const { rows } = await db.query<Row>('select * from silence where id = $1', [id]);
  return rows[0] === undefined ? null : toStored(rows[0]);
}

/** Those that are not over at this time, begun or not. */
export async function selectOpenSilences(db: Queryable, at: Date): Promise<StoredSilence[]> {
  const { rows } = await db.query<Row>(
    'select * from silence where ended_at is null and ends_at > $1 order by id',
    [at],
  );
  return rows.map(toStored);
}

/** False for one that is over. */
export async function endSilence(tx: Queryable, id: Uuid7, by: string): Promise<boolean> {
  const { rowCount } = await tx.query(
    `update silence set ended_at = now(), ended_by = $2
      where id = $1 and ended_at is null and ends_at > now()`,
    [id, by],
  );
  return rowCount === 1;
}
