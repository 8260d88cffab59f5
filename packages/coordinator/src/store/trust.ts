/** How far agents can be believed; see `trust/score.ts`. */
import type { TrustScore } from '../trust/score.ts';
import { lock } from './advisory-locks.ts';
import type { Queryable } from './database.ts';

export interface StoredTrust {
  readonly agent: string;
  readonly score: TrustScore;
  /** When people were last told that it is flagged; null: never. */
  readonly toldAtMs: number | null;
}

/** Locked, so that two who add to scores wait for each other; also for those not stored yet. */
export async function lockTrust(tx: Queryable): Promise<Map<string, StoredTrust>> {
  await lock(tx, 'trust');
  return selectTrust(tx);
}

export async function selectTrust(db: Queryable): Promise<Map<string, StoredTrust>> {
  return readTrust(db, 'select agent, score, told_at from agent_trust');
}

async function readTrust(db: Queryable, sql: string): Promise<Map<string, StoredTrust>> {
  const { rows } = await db.query<{ agent: string; score: TrustScore; told_at: Date | null }>(sql);
  return new Map(
    rows.map(({ agent, score, told_at: toldAt }) => [
      agent,
      { agent, score, toldAtMs: toldAt?.getTime() ?? null },
    ]),
  );
}

export async function selectFlagged(db: Queryable): Promise<Map<string, StoredTrust>> {
  return readTrust(
    db,
    'select agent, score, told_at from agent_trust where flagged_at is not null',
  );
}

export async function upsertTrust(tx: Queryable, rows: readonly StoredTrust[]): Promise<void> {
  await tx.query(
    `insert into agent_trust (agent, score, flagged_at, told_at)
     select * from unnest($1::text[], $2::jsonb[], $3::timestamptz[], $4::timestamptz[])
     on conflict (agent) do update
       set score = excluded.score, flagged_at = excluded.flagged_at, told_at = excluded.told_at`,
    [
      rows.map(({ agent }) => agent),
      rows.map(({ score }) => JSON.stringify(score)),
      rows.map(({ score }) => dateOf(score.flaggedAtMs)),
      rows.map(({ toldAtMs }) => dateOf(toldAtMs)),
    ],
  );
}

function dateOf(atMs: number | null): Date | null {
  return atMs === null ? null : new Date(atMs);
}
