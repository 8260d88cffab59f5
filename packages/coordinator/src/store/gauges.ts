/** What metrics say of the stored whole, whichever coordinator is asked. */
import type { Queryable } from './database.ts';

export interface StoredGauges {
  readonly openIncidents: number;
  /** Messages that are neither delivered nor given up, and the age of the oldest. */
  readonly outboxWaiting: number;
  readonly outboxOldestSeconds: number;
  /** Parts of the monitoring that fail, by topic. */
  readonly notices: Readonly<Record<string, number>>;
  /** Leaves of the log. */
  readonly logSize: number;
  /** The newest head that enough witnesses cosigned; null before the first. */
  readonly checkpoint: { readonly size: number; readonly ageSeconds: number } | null;
}

export async function selectGauges(db: Queryable): Promise<StoredGauges> {
  const { rows } = await db.query<{
    open_incidents: string;
    outbox_waiting: string;
    outbox_oldest: number;
    notices: Record<string, number> | null;
    log_size: string;
    checkpoint_size: string | null;
    checkpoint_age: number | null;
  }>(
    `select (select count(*) from incident where resolved_at is null) as open_incidents,
            waiting.count as outbox_waiting,
            coalesce(extract(epoch from now() - waiting.oldest), 0)::float8 as outbox_oldest,
            (select jsonb_object_agg(topic, count) from (
               select topic, count(*) from notice where ended_at is null group by topic) n) as notices,
            (select size from log_state) as log_size,
            c.size as checkpoint_size,
            extract(epoch from now() - c.created_at)::float8 as checkpoint_age
       from (select count(*), min(created_at) as oldest from outbox
              where delivered_at is null and given_up_at is null) waiting
       left join (select size, created_at from checkpoint
                   where cosigned is not null order by size desc limit 1) c on true`,
  );
  const [row] = rows;
  const size = row?.checkpoint_size ?? null;
  return {
    openIncidents: Number(row?.open_incidents ?? 0),
    outboxWaiting: Number(row?.outbox_waiting ?? 0),
    outboxOldestSeconds: row?.outbox_oldest ?? 0,
    notices: row?.notices ?? {},
    logSize: Number(row?.log_size ?? 0),
    checkpoint: size === null ? null : { size: Number(size), ageSeconds: row?.checkpoint_age ?? 0 },
  };
}
