/** What a monitor was like when it was last up. */
import type { Uuid7 } from '@trustmonitor/protocol';
import type { Queryable } from './database.ts';
import { selectResults, type StoredResult } from './results.ts';

/** Steady rounds ask one region each: as many as show every region of most monitors. */
const ROUNDS_BACK = 32;

/**
 * The newest counted result of each region that said up, of the last rounds before `round` that did:
 * by the index on a monitor's rounds, and the key of results. Of nothing older than two days.
 */
export async function selectLastGood(
  db: Queryable,
  monitor: string,
  round: Uuid7,
): Promise<StoredResult[]> {
  const { rows } = await db.query<{ id: Uuid7 }>(
    `select id from round
      where monitor = $1 and id < $2 and verdict in ('up', 'degraded')
        and id >= uuid7_floor(uuid7_time($2) - interval '2 days')
      order by id desc limit $3`,
    [monitor, round, ROUNDS_BACK],
  );
  const newest = new Map<string, StoredResult>();
  const results = await selectResults(
    db,
    rows.map(({ id }) => id),
  );
  for (const stored of results) {
    const { region, outcome } = stored.result;
    // In order of rounds: the last of a region is its newest.
    if (stored.counted && outcome === 'up') newest.set(region, stored);
  }
  return [...newest.values()];
}
