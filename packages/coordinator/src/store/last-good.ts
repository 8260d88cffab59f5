/** What monitors were like when they were last up. */
import { resultParser, type Result, type Uuid7 } from '@trustmonitor/protocol';
import type { Queryable } from './database.ts';

/** Steady rounds ask one region each: as many as show every region of most monitors. */
const ROUNDS_BACK = 32;

export interface Before {
  readonly monitor: string;
  readonly round: Uuid7;
}

/**
 * For each of these monitors the newest counted result of each region that said up, of the last
 * rounds before `round` that did: by the index on a monitor's rounds, and the key of results. Of
 * nothing older than two days. One result a region is read, however many rounds are looked through:
 * in an outage of everything this is asked of every monitor at once.
 */
export async function selectLastGood(
  db: Queryable,
  before: readonly Before[],
): Promise<Map<string, readonly Result[]>> {
  if (before.length === 0) return new Map();
  const { rows } = await db.query<{ monitor: string; leaf: string }>(
    `select b.monitor, good.leaf
       from unnest($1::text[], $2::uuid[]) as b (monitor, round)
      cross join lateral (
        select distinct on (r.region) r.leaf
          from (select id from round
                 where monitor = b.monitor and id < b.round and verdict in ('up', 'degraded')
                   and id >= uuid7_floor(uuid7_time(b.round) - interval '2 days')
                 order by id desc limit $3) as known
          join result r on r.round = known.id
         where r.counted and r.outcome = 'up'
         order by r.region, r.round desc, r.agent desc, r.attempt desc) as good`,
    [before.map(({ monitor }) => monitor), before.map(({ round }) => round), ROUNDS_BACK],
  );
  const found = new Map<string, Result[]>();
  for (const { monitor, leaf } of rows) {
    const result = resultParser.parseJson(leaf, 'stored result');
    const others = found.get(monitor);
    if (others === undefined) found.set(monitor, [result]);
    else others.push(result);
  }
  return found;
}
