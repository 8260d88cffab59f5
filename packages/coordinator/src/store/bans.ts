/** Addresses and tokens that no coordinator's API serves for a while. */
import type { Uuid7 } from '@trustmonitor/protocol';
import type { Queryable } from './database.ts';

export interface StoredBan {
  readonly id: Uuid7;
  readonly subject: string;
  readonly reason: string;
  readonly offence: number;
  readonly startedAt: Date;
  readonly until: Date;
  readonly liftedAt: Date | null;
  readonly liftedBy: string | null;
}

interface Row {
  id: Uuid7;
  subject: string;
  reason: string;
  offence: number;
  started_at: Date;
  until: Date;
  lifted_at: Date | null;
  lifted_by: string | null;
}

const COLUMNS = 'id, subject, reason, offence, started_at, until, lifted_at, lifted_by';

function toStored(row: Row): StoredBan {
  return {
    id: row.id,
    subject: row.subject,
    reason: row.reason,
    offence: row.offence,
    startedAt: row.started_at,
    until: row.until,
    liftedAt: row.lifted_at,
    liftedBy: row.lifted_by,
  };
}

export async function insertBan(
  tx: Queryable,
  ban: { subject: string; reason: string; offence: number; until: Date },
): Promise<Uuid7 | null> {
  const { rows } = await tx.query<{ id: Uuid7 }>(
    `insert into ban (subject, reason, offence, until) values ($1, $2, $3, $4) returning id`,
    [ban.subject, ban.reason, ban.offence, ban.until],
  );
  return rows[0]?.id ?? null;
}

/** The newest ban of the subject, also one that is over or was lifted. */
export async function selectLastBan(db: Queryable, subject: string): Promise<StoredBan | null> {
  const { rows } = await db.query<Row>(
    `select ${COLUMNS} from ban where subject = $1 order by started_at desc, id desc limit 1`,
    [subject],
  );
  return rows[0] === undefined ? null : toStored(rows[0]);
}

/** Bans in force. */
export async function selectActiveBans(db: Queryable): Promise<StoredBan[]> {
  const { rows } = await db.query<Row>(
    `select ${COLUMNS} from ban where lifted_at is null and until > now()`,
  );
  return rows.map(toStored);
}

/** One page, newest first, also of those that are over. */
export async function selectBanPage(
  db: Queryable,
  before: Uuid7 | null,
  limit: number,
): Promise<StoredBan[]> {
  const { rows } = await db.query<Row>(
    `select ${COLUMNS} from ban where $1::uuid is null or id < $1 order by id desc limit $2`,
    [before, limit],
  );
  return rows.map(toStored);
}

export async function selectBan(db: Queryable, id: Uuid7): Promise<StoredBan | null> {
  const { rows } = await db.query<Row>(`select ${COLUMNS} from ban where id = $1`, [id]);
  return rows[0] === undefined ? null : toStored(rows[0]);
}

/** Null if there is none; one that is over or lifted stays as it is. */
export async function liftBan(tx: Queryable, id: Uuid7, by: string): Promise<StoredBan | null> {
  await tx.query(
    `update ban set lifted_at = now(), lifted_by = $2
      where id = $1 and lifted_at is null and until > now()`,
    [id, by],
  );
  return selectBan(tx, id);
}

export async function pruneBans(db: Queryable, days: number): Promise<void> {
  await db.query('delete from ban where until < now() - make_interval(days => $1)', [days]);
}
