/** The outbox as a log: what was sent where, and how it ended. */
import { TrustMonitorError, type Uuid7 } from '@trustmonitor/protocol';
import type { Queryable } from './database.ts';

export interface StoredDelivery {
  readonly id: string;
  /** Order of writing; the cursor of lists. */
  readonly number: number;
  readonly channel: string;
  readonly incident: Uuid7 | null;
  /** `incident.opened`, `channel.test`, ... */
  readonly type: string;
  readonly createdAt: Date;
  readonly attempts: number;
  readonly lastError: string | null;
  readonly nextAttemptAt: Date;
  readonly deliveredAt: Date | null;
  readonly givenUpAt: Date | null;
}

interface Row {
  id: string;
  number: string;
  channel: string;
  incident: Uuid7 | null;
  type: string;
  created_at: Date;
  attempts: number;
  last_error: string | null;
  next_attempt_at: Date;
  delivered_at: Date | null;
  given_up_at: Date | null;
}

const COLUMNS = `id, number, channel, incident, payload->>'type' as type, created_at, attempts,
  last_error, next_attempt_at, delivered_at, given_up_at`;

function toStored(row: Row): StoredDelivery {
  return {
    id: row.id,
    number: Number(row.number),
    channel: row.channel,
    incident: row.incident,
    type: row.type,
    createdAt: row.created_at,
    attempts: row.attempts,
    lastError: row.last_error,
    nextAttemptAt: row.next_attempt_at,
    deliveredAt: row.delivered_at,
    givenUpAt: row.given_up_at,
  };
}

/** One page of what a channel was sent, newest first, beginning before `before`. */
export async function selectDeliveryPage(
  db: Queryable,
  channel: string,
  before: number | null,
  limit: number,
): Promise<StoredDelivery[]> {
  const { rows } = await db.query<Row>(
    `select ${COLUMNS} from outbox
      where channel = $1 and ($2::bigint is null or number < $2) order by number desc limit $3`,
    [channel, before, limit],
  );
  return rows.map(toStored);
}

/** What was sent about an incident, oldest first. */
export async function selectDeliveriesOf(
  db: Queryable,
  incident: Uuid7,
  limit: number,
): Promise<StoredDelivery[]> {
  const { rows } = await db.query<Row>(
    `select ${COLUMNS} from outbox
      where incident = $1 or incidents @> array[$1::uuid] order by number limit $2`,
    [incident, limit],
  );
  return rows.map(toStored);
}

export interface DoneDelivery {
  readonly id: string;
  readonly channel: string;
  readonly payload: unknown;
  readonly createdAt: Date;
  /** Null when it was delivered. */
  readonly error: string | null;
}

/** Notes a message that was sent at once, beside the outbox, and is not tried again. */
export async function insertDone(tx: Queryable, done: DoneDelivery): Promise<StoredDelivery> {
  const { rows } = await tx.query<Row>(
    `insert into outbox (id, channel, payload, created_at, attempts, last_error, delivered_at,
                         given_up_at)
     values ($1, $2, $3, $4, 1, $5, case when $5::text is null then now() end,
             case when $5::text is not null then now() end)
     returning ${COLUMNS}`,
    [done.id, done.channel, done.payload, done.createdAt, done.error],
  );
  const [stored] = rows.map(toStored);
  if (stored === undefined) throw new TrustMonitorError('internal', 'a delivery was not noted');
  return stored;
}
