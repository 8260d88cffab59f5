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
