/** Shards and who may decide about them; all times by the database's clock. */
import type { LeaseRow } from '../lease/plan.ts';
import type { Queryable } from './database.ts';

/** Shards with the epoch that they are held under. */
export type Epochs = ReadonlyMap<number, number>;

interface EpochRow {
  id: number;
  epoch: string;
}

const toEpochs = (rows: readonly EpochRow[]): Map<number, number> =>
  new Map(rows.map(({ id, epoch }) => [id, Number(epoch)]));

/**
 * Makes all shards of this owner expire later, and returns them. One that has expired and that
 * nobody took is still the owner's: nobody else wrote anything.
 */
export async function renewShards(
  db: Queryable,
  owner: string,
  ttlSeconds: number,
): Promise<Map<number, number>> {
  const { rows } = await db.query<EpochRow>(
    `update shard set expires_at = clock_timestamp() + make_interval(secs => $2)
      where owner = $1 returning id, epoch`,
    [owner, ttlSeconds],
  );
  return toEpochs(rows);
}

/** All shards, and what time it is. */
export async function selectLeases(db: Queryable): Promise<{ leases: LeaseRow[]; nowMs: number }> {
  const { rows } = await db.query<
    EpochRow & { owner: string | null; expires: string; now: string }
  >(
    `select id, owner, epoch, extract(epoch from expires_at) * 1000 as expires,
            extract(epoch from clock_timestamp()) * 1000 as now
       from shard order by id`,
  );
  const leases = rows.map(({ id, owner, epoch, expires }) => ({
    shard: id,
    owner,
    epoch: Number(epoch),
    expiresAtMs: Number(expires),
  }));
  return { leases, nowMs: Number(rows[0]?.now ?? 0) };
}

/**
 * Takes those of these shards that are free, under a new epoch each.
 *
 * One that a transaction still decides about is passed over: waiting for it could take longer
 * than a lease lasts. `for update` is the lock that `holdShards` conflicts with; a renewal, which
 * changes no key, conflicts with neither.
 */
export async function takeShards(
  db: Queryable,
  owner: string,
  shards: readonly number[],
  ttlSeconds: number,
): Promise<Map<number, number>> {
  if (shards.length === 0) return new Map();
  const { rows } = await db.query<EpochRow>(
    `with free as (
       select id from shard
        where id = any($2::smallint[]) and (owner is null or expires_at <= clock_timestamp())
        order by id for update skip locked)
     update shard s
        set owner = $1, epoch = s.epoch + 1,
            expires_at = clock_timestamp() + make_interval(secs => $3)
       from free where s.id = free.id
     returning s.id, s.epoch`,
    [owner, shards, ttlSeconds],
  );
  return toEpochs(rows);
}

/** Gives shards back; only when nothing decides about them any more. */
export async function releaseShards(
  db: Queryable,
  owner: string,
  shards: readonly number[],
): Promise<void> {
  await db.query(
    `update shard set owner = null, expires_at = clock_timestamp()
      where owner = $1 and id = any($2::smallint[])`,
    [owner, shards],
  );
}

/**
 * Those of these shards that are still held under their epochs; nobody takes them before the
 * transaction ends.
 */
export async function holdShards(
  tx: Queryable,
  owner: string,
  epochs: Epochs,
): Promise<Set<number>> {
  if (epochs.size === 0) return new Set();
  const { rows } = await tx.query<{ id: number }>(
    `select id from shard
      where owner = $1
        and (id, epoch) in (select * from unnest($2::smallint[], $3::bigint[]))
      order by id for key share`,
    [owner, [...epochs.keys()], [...epochs.values()]],
  );
  return new Set(rows.map(({ id }) => id));
}

/**
 * Notes a coordinator's turn in the transaction that writes it. False when this very turn was
 * committed before.
 */
export async function noteTurn(tx: Queryable, coordinator: string, turn: number): Promise<boolean> {
  const { rowCount } = await tx.query(
    `insert into turn as before (coordinator, last) values ($1, $2)
     on conflict (coordinator) do update set last = excluded.last
       where before.last < excluded.last`,
    [coordinator, turn],
  );
  return rowCount === 1;
}
