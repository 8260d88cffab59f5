/** The engine's state of each monitor. */
import type { MonitorState } from '@trustmonitor/quorum';
import type { Queryable } from './database.ts';

export interface StateRow {
  readonly monitor: string;
  /** The shard under whose lease it was decided. */
  readonly shard: number;
  readonly state: MonitorState;
  readonly lastRoundAtMs: number;
}

/**
 * Writes the states that a cycle of decisions produced, in one statement; not those of monitors
 * that moved to another shard meanwhile, about which somebody else decides.
 */
export async function upsertStates(tx: Queryable, rows: readonly StateRow[]): Promise<void> {
  if (rows.length === 0) return;
  await tx.query(
    `insert into monitor_state (monitor, state, verdict, last_round_at)
     select decided.monitor, decided.state, decided.verdict, decided.last_round_at
       from unnest($1::text[], $2::jsonb[], $3::text[], $4::timestamptz[], $5::smallint[])
         as decided (monitor, state, verdict, last_round_at, shard)
       join monitor m on m.id = decided.monitor and m.shard = decided.shard
     on conflict (monitor) do update
       set state = excluded.state, verdict = excluded.verdict,
           last_round_at = excluded.last_round_at, updated_at = now()`,
    [
      rows.map((row) => row.monitor),
      rows.map((row) => JSON.stringify(row.state)),
      rows.map((row) => row.state.verdict),
      rows.map((row) => new Date(row.lastRoundAtMs)),
      rows.map((row) => row.shard),
    ],
  );
}

/** Forgets what rounds have shown of a monitor: it begins as one that was just written. */
export async function deleteState(tx: Queryable, monitor: string): Promise<void> {
  await tx.query('delete from monitor_state where monitor = $1', [monitor]);
}
