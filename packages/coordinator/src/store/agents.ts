/** What heartbeats said last of each agent. Regions and groups come from the key ring, not here. */
import type { Queryable } from './database.ts';

export interface AgentStatus {
  readonly agent: string;
  readonly region: string;
  readonly version: string;
  readonly startedAtMs: number;
  readonly lastSeenAtMs: number;
  readonly skewMs: number | null;
  readonly spooledBatches: number;
}

export async function upsertAgentStatuses(
  tx: Queryable,
  rows: readonly AgentStatus[],
): Promise<void> {
  if (rows.length === 0) return;
  await tx.query(
    `insert into agent_status (agent, region, version, started_at, last_seen_at, skew_ms,
                               spooled_batches)
     select * from unnest($1::text[], $2::text[], $3::text[], $4::timestamptz[],
                          $5::timestamptz[], $6::bigint[], $7::bigint[])
     on conflict (agent) do update
       set region = excluded.region, version = excluded.version,
           started_at = excluded.started_at, last_seen_at = excluded.last_seen_at,
           skew_ms = excluded.skew_ms, spooled_batches = excluded.spooled_batches,
           lost = agent_status.lost and excluded.last_seen_at <= agent_status.last_seen_at`,
    [
      rows.map((row) => row.agent),
      rows.map((row) => row.region),
      rows.map((row) => row.version),
      rows.map((row) => new Date(row.startedAtMs)),
      rows.map((row) => new Date(row.lastSeenAtMs)),
      rows.map((row) => row.skewMs),
      rows.map((row) => row.spooledBatches),
    ],
  );
}

export async function selectAgentStatuses(db: Queryable): Promise<Map<string, AgentStatus>> {
  const { rows } = await db.query<{
    agent: string;
    region: string;
    version: string;
    started_at: Date;
    last_seen_at: Date;
    skew_ms: string | null;
    spooled_batches: string;
  }>('select * from agent_status');
  return new Map(
    rows.map((row) => [
      row.agent,
      {
        agent: row.agent,
        region: row.region,
        version: row.version,
        startedAtMs: row.started_at.getTime(),
        lastSeenAtMs: row.last_seen_at.getTime(),
        skewMs: row.skew_ms === null ? null : Number(row.skew_ms),
        spooledBatches: Number(row.spooled_batches),
      },
    ]),
  );
}

/** Agents that were heard of since `since`, without those that are drained: they answer nothing. */
export async function selectAliveAgents(
  db: Queryable,
  since: Date,
): Promise<{ agent: string; region: string }[]> {
  const { rows } = await db.query<{ agent: string; region: string }>(
    `select agent, region from agent_status
      where last_seen_at >= $1
        and not exists (select from drain where kind = 'agent' and name = agent)`,
    [since],
  );
  return rows;
}

export interface LostAgent {
  readonly agent: string;
  readonly region: string;
  readonly lastSeenAt: Date;
}

/** Agents that were not heard of since `before`, each returned once until it is heard again. */
export async function markAgentsLost(tx: Queryable, before: Date): Promise<LostAgent[]> {
  const { rows } = await tx.query<{ agent: string; region: string; last_seen_at: Date }>(
    `update agent_status set lost = true where not lost and last_seen_at < $1
     returning agent, region, last_seen_at`,
    [before],
  );
  return rows.map(({ agent, region, last_seen_at: lastSeenAt }) => ({ agent, region, lastSeenAt }));
}

/** Regions of which an agent was ever heard, and when last: one that is drained, not since then. */
export async function selectHeardRegions(db: Queryable): Promise<Map<string, Date>> {
  const { rows } = await db.query<{ region: string; last_seen_at: Date }>(
    `select region, max(least(last_seen_at, drain.since)) as last_seen_at
       from agent_status
       left join drain on drain.kind = 'agent' and drain.name = agent
      group by region`,
  );
  return new Map(rows.map(({ region, last_seen_at: at }) => [region, at]));
}

/** Of these agents, those that have sent results. */
export async function selectSenders(
  db: Queryable,
  agents: readonly string[],
): Promise<Set<string>> {
  const { rows } = await db.query<{ agent: string }>(
    `select agent from unnest($1::text[]) as agent
      where exists (select from batch where batch.agent = agent.agent)`,
    [agents],
  );
  return new Set(rows.map(({ agent }) => agent));
}
