/** Deployments as they were told, and what the metrics over them are made of. */
import type { DeploymentOutcome, ServiceName, Uuid7 } from '@trustmonitor/protocol';
import type { Queryable } from './database.ts';

export interface NewDeployment {
  readonly service: ServiceName;
  readonly version: string;
  readonly committedAt: Date | null;
  readonly deployedAt: Date;
  readonly outcome: DeploymentOutcome;
  readonly createdBy: string;
}

export interface StoredDeployment extends NewDeployment {
  readonly id: Uuid7;
  readonly createdAt: Date;
}

interface Row {
  id: Uuid7;
  service: string;
  version: string;
  committed_at: Date | null;
  deployed_at: Date;
  outcome: DeploymentOutcome;
  created_at: Date;
  created_by: string;
}

const COLUMNS = 'id, service, version, committed_at, deployed_at, outcome, created_at, created_by';

function toStored(row: Row): StoredDeployment {
  return {
    id: row.id,
    service: row.service,
    version: row.version,
    committedAt: row.committed_at,
    deployedAt: row.deployed_at,
    outcome: row.outcome,
    createdAt: row.created_at,
    createdBy: row.created_by,
  };
}

export async function insertDeployment(
  tx: Queryable,
  { service, version, committedAt, deployedAt, outcome, createdBy }: NewDeployment,
): Promise<StoredDeployment> {
  const { rows } = await tx.query<Row>(
    `insert into deployment (service, version, committed_at, deployed_at, outcome, created_by)
     values ($1, $2, $3, $4, $5, $6) returning ${COLUMNS}`,
    [service, version, committedAt, deployedAt, outcome, createdBy],
  );
  const [row] = rows;
  if (row === undefined) throw new Error('an insert returned nothing');
  return toStored(row);
}

export async function selectDeployment(db: Queryable, id: Uuid7): Promise<StoredDeployment | null> {
  const { rows } = await db.query<Row>(`select ${COLUMNS} from deployment where id = $1`, [id]);
  return rows[0] === undefined ? null : toStored(rows[0]);
}

export interface DeploymentFilter {
  readonly service: ServiceName | null;
  /** Deployed from this time on, and before that one. */
  readonly from: Date | null;
  readonly to: Date | null;
  readonly before: Uuid7 | null;
}

/** One page; what was told last comes first. */
export async function selectDeploymentPage(
  db: Queryable,
  { service, from, to, before }: DeploymentFilter,
  limit: number,
): Promise<StoredDeployment[]> {
  const { rows } = await db.query<Row>(
    `select ${COLUMNS} from deployment
      where ($1::text is null or service = $1) and ($2::uuid is null or id < $2)
        and ($3::timestamptz is null or deployed_at >= $3)
        and ($4::timestamptz is null or deployed_at < $4)
      order by id desc limit $5`,
    [service, before, from, to, limit],
  );
  return rows.map(toStored);
}

/** Of one service, from `from` on and before `to`, oldest first; at most `limit`. */
export async function selectDeploymentsWithin(
  db: Queryable,
  service: ServiceName,
  from: Date,
  to: Date,
  limit: number,
): Promise<StoredDeployment[]> {
  const { rows } = await db.query<Row>(
    `select ${COLUMNS} from deployment
      where service = $1 and deployed_at >= $2 and deployed_at < $3
      order by deployed_at, id limit $4`,
    [service, from, to, limit],
  );
  return rows.map(toStored);
}

/** Ids of all monitors with this label, deleted ones too: what they told of the past stays. */
export async function selectLabelled(
  db: Queryable,
  label: string,
  value: string,
): Promise<string[]> {
  const { rows } = await db.query<{ id: string }>(
    `select m.id from monitor m
       join monitor_revision r on r.monitor = m.id and r.revision = m.revision
      where r.definition -> 'labels' ->> $1 = $2 order by m.id`,
    [label, value],
  );
  return rows.map(({ id }) => id);
}

export interface OpenedIncident {
  readonly id: Uuid7;
  readonly openedAtMs: number;
  readonly resolvedAtMs: number | null;
}

/** Incidents of these monitors that opened from `from` on and before `to`, oldest first. */
export async function selectIncidentsOpened(
  db: Queryable,
  monitors: readonly string[],
  from: Date,
  to: Date,
  limit: number,
): Promise<OpenedIncident[]> {
  const { rows } = await db.query<{ id: Uuid7; opened_at: Date; resolved_at: Date | null }>(
    `select id, opened_at, resolved_at from incident
      where monitor = any($1::text[]) and opened_at >= $2 and opened_at < $3
      order by opened_at, id limit $4`,
    [monitors, from, to, limit],
  );
  return rows.map(({ id, opened_at, resolved_at }) => ({
    id,
    openedAtMs: opened_at.getTime(),
    resolvedAtMs: resolved_at?.getTime() ?? null,
  }));
}
