/** Key rings as they were signed. */
import type { Envelope } from '@trustmonitor/protocol';
import type { Queryable } from './database.ts';

export interface StoredKeyRing {
  readonly version: number;
  /** SHA-256 of the payload, in hex. */
  readonly digest: string;
  readonly envelope: Envelope;
}

/** Keeps key rings that are not stored yet. */
export async function insertKeyRings(
  tx: Queryable,
  rings: readonly StoredKeyRing[],
): Promise<void> {
  for (const ring of rings) {
    await tx.query(
      `insert into keyring (version, digest, envelope) values ($1, decode($2, 'hex'), $3)
       on conflict (version) do nothing`,
      [ring.version, ring.digest, ring.envelope],
    );
  }
}

/** Number of the newest version; 0 when there is none. */
export async function selectNewestVersion(db: Queryable): Promise<number> {
  const { rows } = await db.query<{ version: string }>(
    'select coalesce(max(version), 0) as version from keyring',
  );
  return Number(rows[0]?.version);
}

/** The versions after `after`, or all; oldest first. */
export async function selectKeyRings(db: Queryable, after = 0): Promise<StoredKeyRing[]> {
  const { rows } = await db.query<{ version: string; digest: string; envelope: Envelope }>(
    `select version, encode(digest, 'hex') as digest, envelope from keyring
      where version > $1 order by version`,
    [after],
  );
  return rows.map((row) => ({ ...row, version: Number(row.version) }));
}
