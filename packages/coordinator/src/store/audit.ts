/** The audit log: appended in the same transaction as what it tells of, never changed. */
import type { Queryable } from './database.ts';

export interface AuditEntry {
  /** Name of the token, or `system`. */
  readonly actor: string;
  /** `monitor.created`, `monitor.updated`, ... */
  readonly action: string;
  readonly subject: string;
  readonly detail?: Record<string, unknown>;
}

export async function insertAudit(tx: Queryable, entry: AuditEntry): Promise<void> {
  await tx.query('insert into audit (actor, action, subject, detail) values ($1, $2, $3, $4)', [
    entry.actor,
    entry.action,
    entry.subject,
    entry.detail ?? {},
  ]);
}
