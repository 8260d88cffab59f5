/** What the database says of itself and of those who share it. */
import type { Queryable } from './database.ts';

export interface StoredSystem {
  readonly version: string;
  readonly bytes: number;
  readonly nowMs: number;
  /** Coordinators whose registration holds. */
  readonly coordinators: number;
  /** Messages that were given up in the last 24 hours. */
  readonly givenUp: number;
}

export async function selectSystem(db: Queryable): Promise<StoredSystem> {
  const { rows } = await db.query<{
    version: string;
    bytes: string;
    now_ms: string;
    coordinators: string;
    given_up: string;
  }>(
    `select current_setting('server_version') as version,
            pg_database_size(current_database()) as bytes,
            (extract(epoch from clock_timestamp()) * 1000)::bigint as now_ms,
            (select count(*) from coordinator where expires_at > clock_timestamp()) as coordinators,
            (select count(*) from outbox where given_up_at > now() - interval '1 day') as given_up`,
  );
  const [row] = rows;
  return {
    version: row?.version ?? '',
    bytes: Number(row?.bytes),
    nowMs: Number(row?.now_ms),
    coordinators: Number(row?.coordinators),
    givenUp: Number(row?.given_up),
  };
}
