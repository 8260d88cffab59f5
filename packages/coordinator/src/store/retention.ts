/** What may be dropped when its time is over, and what must be kept for ever. */
import type { Queryable } from './database.ts';

/**
 * Rounds that evidence needs or may come to need, of those since `sinceMs`: named by a record, or
 * by the streak that the next record of a monitor would name.
 *
 * A record is made after its rounds, so older records name none of them. The payload is read as
 * `json`, which, unlike `jsonb`, takes every text that was signed.
 */
export async function selectNeededRounds(db: Queryable, sinceMs: number): Promise<string[]> {
  const { rows } = await db.query<{ round: string }>(
    `select named.round->>'round' as round
       from record,
            json_array_elements(convert_from(decode(envelope->>'payload', 'base64'), 'UTF8')::json
                                  ->'predicate'->'rounds') as named (round)
      where recorded_at >= $1
     union
     select streak.round->>'id' from monitor_state,
            jsonb_array_elements(case jsonb_typeof(state->'streak'->'rounds')
                                   when 'array' then state->'streak'->'rounds' end)
              as streak (round)`,
    [new Date(sinceMs)],
  );
  return rows.map(({ round }) => round);
}

/** Copies those of the rounds that are from before `before` to where nothing is dropped. */
export async function keepRounds(
  tx: Queryable,
  rounds: readonly string[],
  before: string,
): Promise<void> {
  await tx.query(
    `insert into kept_round
     select * from round where id = any($1::uuid[]) and id < $2 on conflict do nothing`,
    [rounds, before],
  );
}

/** The same for every result of these rounds, counted or not. */
export async function keepResults(
  tx: Queryable,
  rounds: readonly string[],
  before: string,
): Promise<void> {
  await tx.query(
    `insert into kept_result
     select * from result where round = any($1::uuid[]) and round < $2 on conflict do nothing`,
    [rounds, before],
  );
}

/**
 * Deletes batches that came before `beforeMs`, at most `limit` of them. Those that prove a kept
 * result stay, and each agent's newest, which its next one follows.
 */
export async function deleteBatches(
  tx: Queryable,
  beforeMs: number,
  limit: number,
): Promise<number> {
  const { rowCount } = await tx.query(
    `delete from batch where digest in (
       select digest from batch b
        where received_at < $1
          and not exists (select from kept_result k where k.batch = b.digest)
          and exists (select from batch n where n.agent = b.agent and n.seq > b.seq)
        limit $2)`,
    [new Date(beforeMs), limit],
  );
  return rowCount ?? 0;
}

/** Deletes messages that were delivered or given up before `beforeMs`, at most `limit` of them. */
export async function deleteDone(tx: Queryable, beforeMs: number, limit: number): Promise<number> {
  const { rowCount } = await tx.query(
    `delete from outbox where id in (
       select id from outbox
        where coalesce(delivered_at, given_up_at) < $1
          and (delivered_at is not null or given_up_at is not null)
        limit $2)`,
    [new Date(beforeMs), limit],
  );
  return rowCount ?? 0;
}

/**
 * Looks at checkpoints from before `beforeMs`, the oldest first and at most `limit` of them, each
 * once: those that something needs or may come to need stay for ever, the others are deleted.
 * Returns how many were looked at. A checkpoint is needed when
 *
 * - a batch that is still there says that its agent had seen it; or
 * - it is the first with cosignatures over a leaf whose document is still there: it proves that
 *   document, and by when it was logged.
 *
 * One of each pass stays beside these, so that every leaf has one not long after it, and the next
 * pass need not look back further than to that. The newest with cosignatures, and what is above it,
 * is not looked at.
 */
export async function sweepCheckpoints(
  tx: Queryable,
  beforeMs: number,
  limit: number,
): Promise<number> {
  // Scalar subqueries, where `exists` would do: that one may be hashed, over all batches that there are.
  const { rows } = await tx.query<{ count: number }>(
    `with old as materialized (
       select size, note_digest, cosigned is not null as is_cosigned,
              coalesce((select max(p.size) from checkpoint p
                         where p.cosigned is not null and p.size < c.size), 0) as after
         from checkpoint c
        where may_go and created_at < $1
          and size < (select max(size) from checkpoint where cosigned is not null)
        order by created_at, size limit $2),
     needed as materialized (
       select size from old c
        where (select true from batch b where b.seen = c.note_digest limit 1)
           or is_cosigned and (
                select true from log_entry e
                 where e.idx >= c.after and e.idx < c.size
                   and (e.kind <> 'batch'
                        or (select true from batch b where b.digest = e.digest limit 1))
                 limit 1)
       union select max(size) from old where is_cosigned),
     kept as (update checkpoint set may_go = false where size in (select size from needed)),
     gone as (delete from checkpoint
               where size in (select size from old except select size from needed))
     select count(*)::int as count from old`,
    [new Date(beforeMs), limit],
  );
  return rows[0]?.count ?? 0;
}
