/** Who may decide: epochs per shard, raised on taking, checked in every deciding transaction. */
import { SHARD_COUNT, TrustMonitorError } from '@trustmonitor/protocol';
import type { Queryable } from './database.ts';

/** Takes every shard for `owner`; whoever held them can write no more. Returns the epoch. */
export async function takeAllShards(tx: Queryable, owner: string): Promise<number> {
  // The next epoch is above every shard's, so that one number says it for all of them.
  const { rows } = await tx.query<{ epoch: string }>(
    `insert into lease (shard, owner, epoch)
     select shard, $1, (select coalesce(max(epoch), 0) + 1 from lease)
       from generate_series(0, $2::int - 1) as shard
     on conflict (shard) do update
       set owner = excluded.owner, epoch = excluded.epoch, turn = 0, renewed_at = now()
     returning epoch`,
    [owner, SHARD_COUNT],
  );
  return Number(rows[0]?.epoch);
}

/**
 * Holds the lease for the rest of the transaction, so that it cannot be taken in between.
 *
 * Throws `lease.lost` if another coordinator has taken it.
 */
export async function holdLease(tx: Queryable, owner: string, epoch: number): Promise<void> {
  const { rows } = await tx.query<{ held: number }>(
    `select count(*)::int as held from
       (select 1 from lease where owner = $1 and epoch = $2 order by shard for share) as mine`,
    [owner, epoch],
  );
  if (rows[0]?.held !== SHARD_COUNT) {
    throw new TrustMonitorError('lease.lost', 'another coordinator decides now', {
      hint: 'Stop one of the two, or give each its own database.',
    });
  }
}

/**
 * Notes the holder's turn in the transaction that writes it. False when this very turn was
 * committed before. Only after `holdLease`: the number counts for the holder alone.
 */
export async function noteTurn(tx: Queryable, turn: number): Promise<boolean> {
  const { rowCount } = await tx.query('update lease set turn = $1 where shard = 0 and turn < $1', [
    turn,
  ]);
  return rowCount === 1;
}

/** Whether this owner still decides. */
export async function holdsLease(db: Queryable, owner: string, epoch: number): Promise<boolean> {
  const { rows } = await db.query<{ held: number }>(
    'select count(*)::int as held from lease where owner = $1 and epoch = $2',
    [owner, epoch],
  );
  return rows[0]?.held === SHARD_COUNT;
}
