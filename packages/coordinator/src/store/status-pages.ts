/** Public status pages, and what they are made of. */
import type { StatusPage, Uuid7, Verdict } from '@trustmonitor/protocol';
import type { Queryable } from './database.ts';

export async function selectStatusPage(db: Queryable, id: string): Promise<StatusPage | null> {
  const { rows } = await db.query<{ definition: StatusPage }>(
    'select definition from status_page where id = $1',
    [id],
  );
  return rows[0]?.definition ?? null;
}

/** One page of the list in order of id, beginning after `after`. */
export async function selectStatusPages(
  db: Queryable,
  after: string,
  limit: number,
): Promise<StatusPage[]> {
  const { rows } = await db.query<{ definition: StatusPage }>(
    'select definition from status_page where id > $1 order by id limit $2',
    [after, limit],
  );
  return rows.map(({ definition }) => definition);
}

/** What anybody may be told of at once, by id. */
export async function selectListedPages(
  db: Queryable,
  limit: number,
): Promise<Pick<StatusPage, 'id' | 'title'>[]> {
  const { rows } = await db.query<Pick<StatusPage, 'id' | 'title'>>(
    `select id, definition ->> 'title' as title from status_page
      where coalesce((definition -> 'listed')::boolean, true) order by id limit $1`,
    [limit],
  );
  return rows;
}

export async function upsertStatusPage(tx: Queryable, page: StatusPage): Promise<void> {
  await tx.query(
    `insert into status_page (id, definition) values ($1, $2)
     on conflict (id) do update set definition = excluded.definition, updated_at = now()`,
    [page.id, page],
  );
}

export async function deleteStatusPage(tx: Queryable, id: string): Promise<void> {
  await tx.query('delete from status_page where id = $1', [id]);
}

/** What a page may be made of: no field of a check. */
export interface PublicMonitor {
  readonly id: string;
  readonly name: string;
  readonly group: string | null;
  readonly labels: Readonly<Record<string, string>>;
  /** Null before the first. */
  readonly verdict: Verdict | null;
  readonly createdAt: Date;
}

/** All that are watched, by name. */
export async function selectPublicMonitors(db: Queryable): Promise<PublicMonitor[]> {
  const { rows } = await db.query<PublicMonitor>(
    `select m.id, r.definition ->> 'name' as name, r.definition ->> 'group' as "group",
            r.definition -> 'labels' as labels, s.verdict, m.created_at as "createdAt"
       from monitor m
       join monitor_revision r on r.monitor = m.id and r.revision = m.revision
       left join monitor_state s on s.monitor = m.id
      where m.deleted_at is null and (r.definition ->> 'enabled')::boolean
      order by r.definition ->> 'name', m.id`,
  );
  return rows;
}

/** How long each verdict stood on one day (UTC), in milliseconds. */
export interface VerdictDay {
  readonly monitor: string;
  readonly day: Date;
  readonly up: number;
  readonly degraded: number;
  readonly partial: number;
  readonly down: number;
  readonly unknown: number;
}

const TIMES = ['up', 'degraded', 'partial', 'down', 'unknown']
  .map((verdict) => `sum(${verdict}_ms)::float8 as ${verdict}`)
  .join(', ');

/** From the day of `from` on; a bucket that is due is read from its parts, as in `rollup/read.ts`. */
export async function selectVerdictDays(
  db: Queryable,
  monitors: readonly string[],
  from: Date,
): Promise<VerdictDay[]> {
  const { rows } = await db.query<VerdictDay>(
    `with due as (
       select level, monitor, at from rollup_due where monitor = any($1) and at >= $2),
     part as (
       select d.at as day, v.* from verdict_day v
         cross join lateral (select v.at) as d (at)
        where v.monitor = any($1) and v.at >= $2
          and not exists (select from due
                           where due.level = 'day' and due.monitor = v.monitor and due.at = v.at)
       union all
       select due.at, v.* from due
         join verdict_hour v on v.monitor = due.monitor
          and v.at >= due.at and v.at < due.at + interval '1 day'
        where due.level = 'day' and v.at >= $2
          and not exists (select from due h
                           where h.level = 'hour' and h.monitor = v.monitor and h.at = v.at)
       union all
       select date_bin('1 day', due.at, 'epoch'), v.* from due
         join verdict_minute v on v.monitor = due.monitor
          and v.at >= due.at and v.at < due.at + interval '1 hour'
        where due.level = 'hour' and v.at >= $2
          and exists (select from due d where d.level = 'day' and d.monitor = due.monitor
                       and d.at = date_bin('1 day', due.at, 'epoch')))
     select monitor, day, ${TIMES} from part group by monitor, day order by monitor, day`,
    [monitors, from],
  );
  return rows;
}

/** An incident as far as anybody may know it. */
export interface PublicIncident {
  readonly id: Uuid7;
  readonly monitor: string;
  readonly kind: 'down' | 'partial';
  readonly openedAt: Date;
  readonly resolvedAt: Date | null;
  /** Regions that saw it, and all that were asked, when it opened. */
  readonly regionsDown: number;
  readonly regions: number;
  readonly steps: readonly PublicStep[];
  /** What people have said to the public. Oldest first. */
  readonly notes: readonly PublicNote[];
}

export interface PublicStep {
  readonly at: string;
  readonly step: 'open' | 'update' | 'resolve' | 'amend';
  /** What is so from then on; null where the step itself says that it is over. */
  readonly verdict: Verdict | null;
  /** SHA-256 of the signed record, in hex. */
  readonly digest: string;
}

export interface PublicNote {
  readonly id: Uuid7;
  readonly at: string;
  readonly note: string;
}

const TIMESTAMP = `'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'`;

/** Of the statement that a record signs: `json` keeps what `jsonb` refuses, and is only looked into. */
const VERDICT_OF_RECORD = `convert_from(decode(r.envelope ->> 'payload', 'base64'), 'UTF8')::json
                              -> 'predicate' ->> 'verdict'`;

/** Open ones, and those that were open after `since`; newest first. */
export async function selectPublicIncidents(
  db: Queryable,
  monitors: readonly string[],
  since: Date,
  limit: number,
): Promise<PublicIncident[]> {
  const { rows } = await db.query<PublicIncident>(
    `select i.id, i.monitor, i.kind, i.opened_at as "openedAt", i.resolved_at as "resolvedAt",
            jsonb_array_length(i.summary -> 'regionsDown') as "regionsDown",
            jsonb_array_length(i.summary -> 'regions') as regions,
            (select jsonb_agg(jsonb_build_object('at', to_char(r.recorded_at at time zone 'UTC', ${TIMESTAMP}),
                                'step', r.step, 'digest', encode(r.digest, 'hex'),
                                'verdict', case when r.step in ('open', 'update')
                                                then ${VERDICT_OF_RECORD} end)
                              order by r.step_number)
               from record r where r.incident = i.id) as steps,
            (select coalesce(jsonb_agg(jsonb_build_object('id', n.id, 'note', n.note,
                                         'at', to_char(n.at at time zone 'UTC', ${TIMESTAMP}))
                                       order by n.id), '[]')
               from incident_note n
              where n.incident = i.id and n.kind = 'note' and n.is_public) as notes
       from incident i
      where i.monitor = any($1) and (i.resolved_at is null or i.resolved_at >= $2)
      order by i.id desc limit $3`,
    [monitors, since, limit],
  );
  return rows;
}
