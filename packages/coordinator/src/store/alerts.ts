/** Alerts on their way from what happened to the outbox, and what the router knows of them. */
import type {
  AlertFacts,
  AlertState,
  GroupState,
  MonitorMemory,
  News,
  RoutingState,
} from '@trustmonitor/alerting';
import type { Routing } from '@trustmonitor/protocol';
import type { AlertMessage } from '../alerts/message.ts';
import type { Queryable } from './database.ts';

export interface NewAlertEvent {
  readonly step: News['step'];
  readonly facts: AlertFacts;
  /** What people are told of it. */
  readonly message: AlertMessage;
}

/** Written in the transaction that they are about; whoever routes hears of it at its commit. */
export async function insertAlertEvents(
  tx: Queryable,
  events: readonly NewAlertEvent[],
): Promise<void> {
  if (events.length === 0) return;
  await tx.query(
    `insert into alert_event (key, step, facts, message)
     select facts ->> 'key', step, facts, message
       from unnest($1::text[], $2::jsonb[], $3::jsonb[]) with ordinality
              as e (step, facts, message, n)
      order by n`,
    [
      events.map(({ step }) => step),
      events.map(({ facts }) => JSON.stringify(facts)),
      events.map(({ message }) => JSON.stringify(message)),
    ],
  );
}

/** Whether the last that was written of an alert is not that it is over. */
export async function isAlertOpen(tx: Queryable, key: string): Promise<boolean> {
  const { rows } = await tx.query<{ step: News['step'] }>(
    'select step from alert_event where key = $1 order by id desc limit 1',
    [key],
  );
  return rows[0] !== undefined && rows[0].step !== 'resolved';
}

/** Whether something is to be routed. */
export async function hasAlertEvents(db: Queryable): Promise<boolean> {
  const { rows } = await db.query<{ there: boolean }>(
    'select exists (select 1 from alert_event where routed_at is null) as there',
  );
  return rows[0]?.there ?? false;
}

/** Not routed yet, in the order that they were written in. */
export async function selectAlertEvents(tx: Queryable, limit: number): Promise<News[]> {
  const { rows } = await tx.query<{ id: string; step: News['step']; facts: AlertFacts }>(
    `select id, step, facts from alert_event where routed_at is null order by id limit $1`,
    [limit],
  );
  return rows.map(({ id, step, facts }) => ({ id: Number(id), step, facts }));
}

export async function markRouted(tx: Queryable, ids: readonly number[]): Promise<void> {
  await tx.query('update alert_event set routed_at = now() where id = any($1::bigint[])', [ids]);
}

export async function selectAlertMessages(
  tx: Queryable,
  ids: readonly number[],
): Promise<Map<number, AlertMessage>> {
  const { rows } = await tx.query<{ id: string; message: AlertMessage }>(
    'select id, message from alert_event where id = any($1::bigint[])',
    [ids],
  );
  return new Map(rows.map(({ id, message }) => [Number(id), message]));
}

/** Locked until the transaction ends: two who route wait for each other. */
export async function lockAlertTurn(tx: Queryable): Promise<number> {
  const { rows } = await tx.query<{ version: string }>('select version from alert_turn for update');
  return Number(rows[0]?.version);
}

export async function raiseAlertTurn(tx: Queryable): Promise<void> {
  await tx.query('update alert_turn set version = version + 1');
}

/** All that is not over. */
export async function selectRoutingState(tx: Queryable): Promise<RoutingState> {
  const alerts = await tx.query<{ key: string; state: AlertState }>(
    'select key, state from alert where ended_at is null',
  );
  const groups = await tx.query<{ key: string; state: GroupState }>(
    'select key, state from alert_group',
  );
  const monitors = await tx.query<{ key: string; state: MonitorMemory }>(
    'select monitor as key, state from alert_monitor',
  );
  return {
    alerts: byKey(alerts.rows),
    groups: byKey(groups.rows),
    monitors: byKey(
      monitors.rows.map(({ key, state }) => ({ key, state: { ...WRITTEN_LATER, ...state } })),
    ),
  };
}

/** Not in what earlier releases have stored. */
const WRITTEN_LATER = { lastTurn: null, changes: [] } satisfies Partial<MonitorMemory>;

function byKey<T>(rows: readonly { key: string; state: T }[]): Map<string, T> {
  return new Map(rows.map(({ key, state }) => [key, state]));
}

/** `isOver`: these have ended. One that begins again under the same key is open again. */
export async function upsertAlerts(
  tx: Queryable,
  alerts: readonly AlertState[],
  isOver: boolean,
): Promise<void> {
  if (alerts.length === 0) return;
  await tx.query(
    `insert into alert (key, state, ended_at)
     select key, state, case when $3 then now() end
       from unnest($1::text[], $2::jsonb[]) as a (key, state)
     on conflict (key) do update
       set state = excluded.state, ended_at = excluded.ended_at, updated_at = now()`,
    [alerts.map(({ facts }) => facts.key), alerts.map((alert) => JSON.stringify(alert)), isOver],
  );
}

export async function upsertAlertGroups(
  tx: Queryable,
  groups: readonly (readonly [string, GroupState])[],
): Promise<void> {
  if (groups.length === 0) return;
  await tx.query(
    `insert into alert_group (key, state) select * from unnest($1::text[], $2::jsonb[])
     on conflict (key) do update set state = excluded.state`,
    [groups.map(([key]) => key), groups.map(([, state]) => JSON.stringify(state))],
  );
}

export async function deleteAlertGroups(tx: Queryable, keys: readonly string[]): Promise<void> {
  if (keys.length === 0) return;
  await tx.query('delete from alert_group where key = any($1::text[])', [keys]);
}

export async function upsertAlertMonitors(
  tx: Queryable,
  monitors: readonly (readonly [string, MonitorMemory])[],
): Promise<void> {
  if (monitors.length === 0) return;
  await tx.query(
    `insert into alert_monitor (monitor, state, flapping_since)
     select monitor, state, to_timestamp((state ->> 'flappingSinceMs')::float8 / 1000)
       from unnest($1::text[], $2::jsonb[]) as m (monitor, state)
     on conflict (monitor) do update
       set state = excluded.state, flapping_since = excluded.flapping_since`,
    [monitors.map(([monitor]) => monitor), monitors.map(([, state]) => JSON.stringify(state))],
  );
}

export async function deleteAlertMonitors(tx: Queryable, ids: readonly string[]): Promise<void> {
  if (ids.length === 0) return;
  await tx.query('delete from alert_monitor where monitor = any($1::text[])', [ids]);
}

/** The tree as it is stored; null where there is none. */
export async function selectRouting(db: Queryable): Promise<Routing | null> {
  const { rows } = await db.query<{ definition: Routing }>('select definition from routing');
  return rows[0]?.definition ?? null;
}

/** Monitors that flap. */
export async function countFlapping(db: Queryable): Promise<number> {
  const { rows } = await db.query<{ n: number }>(
    `select count(*)::int as n from alert_monitor f join monitor m on m.id = f.monitor
      where f.flapping_since is not null and m.deleted_at is null`,
  );
  return rows[0]?.n ?? 0;
}

export async function upsertRouting(tx: Queryable, definition: Routing): Promise<void> {
  await tx.query(
    `insert into routing (definition) values ($1)
     on conflict (only_row) do update set definition = excluded.definition, updated_at = now()`,
    [definition],
  );
}

/** An alert as the router knows it, or knew it in the end; null for one that it does not know. */
export async function selectAlert(db: Queryable, key: string): Promise<AlertState | null> {
  const { rows } = await db.query<{ state: AlertState }>('select state from alert where key = $1', [
    key,
  ]);
  return rows[0]?.state ?? null;
}

/** Whether an alert is open that was acknowledged, and has become worse since. */
export async function hasAckLapsed(tx: Queryable, key: string): Promise<boolean> {
  const { rows } = await tx.query<{ lapsed: boolean }>(
    `select exists (select 1 from alert where key = $1 and ended_at is null
                       and state -> 'acknowledged' = 'null')
        and not exists (select 1 from alert_event where key = $1 and step = 'acknowledged'
                           and routed_at is null) as lapsed`,
    [key],
  );
  return rows[0]?.lapsed ?? false;
}

/** Forgets what was over longer than so many days ago. */
export async function pruneAlerts(db: Queryable, days: number): Promise<void> {
  await db.query('delete from alert where ended_at < now() - make_interval(days => $1)', [days]);
  await db.query(
    `delete from alert_event e
      where routed_at < now() - make_interval(days => $1)
        and not exists (select 1 from alert a where a.key = e.key)`,
    [days],
  );
}
