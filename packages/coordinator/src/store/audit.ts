/** The audit log: appended in the same transaction as what it tells of, never changed. */
import type { Uuid7 } from '@trustmonitor/protocol';
import type { Queryable } from './database.ts';

/** Who asked for a change, and how the request can be found again. */
export interface Actor {
  /** Name of the token, or `system`. */
  readonly name: string;
  readonly address: string | null;
  readonly requestId: string | null;
}

/** What the coordinator does by itself. */
export const SYSTEM: Actor = { name: 'system', address: null, requestId: null };

export interface AuditEntry {
  readonly actor: Actor;
  /** `monitor.created`, `monitor.updated`, ... */
  readonly action: string;
  readonly subject: string;
  readonly detail?: Readonly<Record<string, unknown>>;
  /** SHA-256, in hex, of the canonical JSON of what was there before and what is there now. */
  readonly before?: string | null;
  readonly after?: string | null;
}

export async function insertAudit(tx: Queryable, entry: AuditEntry): Promise<void> {
  await tx.query(
    `insert into audit (actor, address, request_id, action, subject, detail, before, after)
     values ($1, $2, $3, $4, $5, $6, decode($7, 'hex'), decode($8, 'hex'))`,
    [
      entry.actor.name,
      entry.actor.address,
      entry.actor.requestId,
      entry.action,
      entry.subject,
      entry.detail ?? {},
      entry.before ?? null,
      entry.after ?? null,
    ],
  );
}

export interface StoredAudit extends Omit<AuditEntry, 'detail'> {
  readonly id: Uuid7;
  readonly at: Date;
  readonly detail: Readonly<Record<string, unknown>>;
  readonly before: string | null;
  readonly after: string | null;
}

export interface AuditFilter {
  readonly actor: string | null;
  readonly action: string | null;
  readonly subject: string | null;
  /** Written from this time on, and before that one. */
  readonly from: Date | null;
  readonly to: Date | null;
  readonly before: Uuid7 | null;
}

/** One page, newest first. */
export async function selectAuditPage(
  db: Queryable,
  filter: AuditFilter,
  limit: number,
): Promise<StoredAudit[]> {
  const { rows } = await db.query<{
    uid: Uuid7;
    at: Date;
    actor: string;
    action: string;
    subject: string;
    detail: Record<string, unknown>;
    address: string | null;
    request_id: string | null;
    before: string | null;
    after: string | null;
  }>(
    `select uid, at, actor, action, subject, detail, address, request_id,
            encode(before, 'hex') as before, encode(after, 'hex') as after
       from audit
      where ($1::text is null or actor = $1) and ($2::text is null or action = $2)
        and ($3::text is null or subject = $3) and ($4::uuid is null or uid < $4)
        and ($5::timestamptz is null or at >= $5) and ($6::timestamptz is null or at < $6)
      order by uid desc limit $7`,
    [filter.actor, filter.action, filter.subject, filter.before, filter.from, filter.to, limit],
  );
  return rows.map((row) => ({
    id: row.uid,
    at: row.at,
    actor: { name: row.actor, address: row.address, requestId: row.request_id },
    action: row.action,
    subject: row.subject,
    detail: row.detail,
    before: row.before,
    after: row.after,
  }));
}
