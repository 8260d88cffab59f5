/** What watched jobs reported, and until when their reports could be stored. */
import type { Queryable } from './database.ts';

/** `start` is only noted: a job that starts has not succeeded yet. */
export type PingKind = 'ok' | 'fail' | 'start';

export interface Ping {
  readonly monitor: string;
  readonly kind: PingKind;
  readonly atMs: number;
  /** What the job says went wrong; kept for `fail` only. */
  readonly message: string | null;
}

export interface StoredHeartbeat {
  /** Silence beyond this is a failure. */
  readonly dueAtMs: number;
  readonly failing: boolean;
  readonly message: string | null;
  readonly lastOkAtMs: number | null;
  readonly lastFailAtMs: number | null;
  readonly lastStartAtMs: number | null;
}

/** Each takes the monitor, the time and the message, and says whether the job's state changes. */
const EFFECTS = {
  ok: {
    set: `last_ok_at = $2::timestamptz, failing = false, message = null,
          due_at = $2::timestamptz + h.window_ms * interval '1 ms'`,
    changes: 'before.failing or before.due_at < $2::timestamptz',
  },
  fail: {
    set: 'last_fail_at = $2::timestamptz, failing = true, message = $3::text',
    changes: 'not before.failing',
  },
  start: { set: 'last_start_at = $2::timestamptz', changes: 'false' },
} as const;

/** Stores a report. Null when there is no such heartbeat monitor. */
export async function storePing(
  db: Queryable,
  { monitor, kind, atMs, message }: Ping,
): Promise<{ changes: boolean } | null> {
  const { set, changes } = EFFECTS[kind];
  const { rows } = await db.query<{ changes: boolean }>(
    // `given` uses every parameter: PostgreSQL refuses one whose type it cannot tell.
    `with given as (select $2::timestamptz, $3::text),
     before as (
       select h.* from heartbeat h
         join monitor m on m.id = h.monitor and m.deleted_at is null
        where h.monitor = $1 for update of h)
     update heartbeat h set ${set} from before where h.monitor = before.monitor
     returning ${changes} as changes`,
    [monitor, new Date(atMs), message],
  );
  return rows[0] ?? null;
}

interface Row {
  monitor: string;
  due_at: Date;
  failing: boolean;
  message: string | null;
  last_ok_at: Date | null;
  last_fail_at: Date | null;
  last_start_at: Date | null;
}

/** Those of these monitors that have one. */
export async function selectHeartbeats(
  db: Queryable,
  monitors: readonly string[],
): Promise<Map<string, StoredHeartbeat>> {
  const { rows } = await db.query<Row>(
    `select monitor, due_at, failing, message, last_ok_at, last_fail_at, last_start_at
       from heartbeat where monitor = any($1::text[])`,
    [monitors],
  );
  return new Map(
    rows.map((row) => [
      row.monitor,
      {
        dueAtMs: row.due_at.getTime(),
        failing: row.failing,
        message: row.message,
        lastOkAtMs: row.last_ok_at?.getTime() ?? null,
        lastFailAtMs: row.last_fail_at?.getTime() ?? null,
        lastStartAtMs: row.last_start_at?.getTime() ?? null,
      },
    ]),
  );
}

/** A monitor's first heartbeat, or its first after it was deleted: nothing is known of its job. */
export async function startHeartbeat(
  tx: Queryable,
  monitor: string,
  windowMs: number,
): Promise<void> {
  await deleteHeartbeat(tx, monitor);
  await tx.query(
    `insert into heartbeat (monitor, window_ms, due_at)
     values ($1, $2::bigint, now() + $2::bigint * interval '1 ms')`,
    [monitor, windowMs],
  );
}

/** Changes what is expected from the next report on; with `anew` also when that is due. */
export async function changeHeartbeat(
  tx: Queryable,
  monitor: string,
  windowMs: number,
  anew: boolean,
): Promise<void> {
  await tx.query(
    `update heartbeat
        set window_ms = $2::bigint,
            due_at = case when $3 then now() + $2::bigint * interval '1 ms' else due_at end
      where monitor = $1`,
    [monitor, windowMs, anew],
  );
}

export async function deleteHeartbeat(tx: Queryable, monitor: string): Promise<void> {
  await tx.query('delete from heartbeat where monitor = $1', [monitor]);
}

/** Notes that pings can be stored now, and returns since when that was last noted. */
export async function noteListening(tx: Queryable, nowMs: number): Promise<number> {
  const now = new Date(nowMs);
  await tx.query('insert into listening (heard_until) values ($1) on conflict do nothing', [now]);
  const { rows } = await tx.query<{ heard_until: Date }>(
    'select heard_until from listening for update',
  );
  await tx.query('update listening set heard_until = greatest(heard_until, $1)', [now]);
  return rows[0]?.heard_until.getTime() ?? nowMs;
}

/**
 * Moves on what was not yet late at `fromMs`: by the time up to `toMs`, or, with `anew`, to a
 * whole window from then. What was late before stays late.
 */
export async function forgiveSilence(
  tx: Queryable,
  { fromMs, toMs, anew }: { fromMs: number; toMs: number; anew: boolean },
): Promise<void> {
  await tx.query(
    `update heartbeat
        set due_at = greatest(
              due_at + $3 * interval '1 ms',
              case when $4 then $2::timestamptz + window_ms * interval '1 ms' end)
      where due_at > $1::timestamptz`,
    [new Date(fromMs), new Date(toMs), toMs - fromMs, anew],
  );
}
