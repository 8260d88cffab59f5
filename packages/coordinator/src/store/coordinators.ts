/** Coordinators that share this database. */
import type { BrokerState } from '../lease/broker-link.ts';
import type { LiveCoordinator } from '../lease/plan.ts';
import type { Queryable } from './database.ts';

export interface Registration {
  readonly id: string;
  /** See the table. */
  readonly name: string;
}

/** After this long nothing of a dead coordinator is of use. */
const FORGET_AFTER = '1 day';

/** Registers a coordinator, or says that it lives, and how its broker stands. */
export async function register(
  db: Queryable,
  { id, name }: Registration,
  broker: BrokerState,
  ttlSeconds: number,
): Promise<void> {
  await db.query(
    `insert into coordinator (id, name, broker, expires_at)
     values ($1, $2, $3, clock_timestamp() + make_interval(secs => $4))
     on conflict (id) do update set broker = excluded.broker, expires_at = excluded.expires_at`,
    [id, name, broker, ttlSeconds],
  );
}

/**
 * Ends what an earlier process of the same name left: the caller knows that it is dead, since
 * it has its address. Were it not, it would find its epochs outdated and write nothing.
 */
export async function evictNamesakes(db: Queryable, { id, name }: Registration): Promise<number> {
  const { rowCount } = await db.query(
    `with gone as (
       update coordinator set expires_at = clock_timestamp()
        where name = $2 and id <> $1 and expires_at > clock_timestamp() returning id)
     update shard set expires_at = clock_timestamp() from gone where owner = gone.id`,
    [id, name],
  );
  return rowCount ?? 0;
}

/** Leaves in order: nobody waits for it any more. */
export async function deregister(db: Queryable, id: string): Promise<void> {
  await db.query(
    `with unnumbered as (delete from turn where coordinator = $1)
     delete from coordinator where id = $1`,
    [id],
  );
}

/** Coordinators heard of in the last `withinSeconds`, for registrations of `ttlSeconds`. */
export async function selectLiveCoordinators(
  db: Queryable,
  ttlSeconds: number,
  withinSeconds: number,
): Promise<LiveCoordinator[]> {
  const { rows } = await db.query<{ id: string; broker: BrokerState }>(
    `select id, broker from coordinator
      where expires_at > clock_timestamp() + make_interval(secs => $1::float8 - $2::float8)
      order by id`,
    [ttlSeconds, withinSeconds],
  );
  return rows;
}

/** How the broker stands for each coordinator whose registration holds, by name. */
export async function selectBrokerStates(
  db: Queryable,
): Promise<{ name: string; broker: BrokerState }[]> {
  const { rows } = await db.query<{ name: string; broker: BrokerState }>(
    `select name, broker from coordinator where expires_at > clock_timestamp() order by name`,
  );
  return rows;
}

/** Clears away what coordinators left that were killed long ago. */
export async function forgetDeadCoordinators(db: Queryable): Promise<void> {
  await db.query(
    `with gone as (
       delete from coordinator where expires_at < now() - interval '${FORGET_AFTER}' returning id)
     delete from turn using gone where coordinator = gone.id`,
  );
}
