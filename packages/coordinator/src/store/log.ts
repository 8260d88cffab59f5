/** The transparency log as it is stored: its tree, its leaves, its checkpoints. */
import type { LogTree, TileId, TileRow } from '@trustmonitor/evidence';
import { TILE_WIDTH, concat } from '@trustmonitor/evidence';
import type { Envelope } from '@trustmonitor/protocol';
import type { Queryable } from './database.ts';

export type LogKind = 'batch' | 'record' | 'keyring' | 'report' | 'maintenance' | 'decision';

export interface LogEntry {
  readonly index: number;
  readonly kind: LogKind;
  /** SHA-256 of the logged payload, in hex. */
  readonly digest: string;
  /** The leaf's data. */
  readonly body: Uint8Array;
}

/** The tree, locked until the transaction ends: nobody else appends meanwhile. */
export async function lockLogTree(tx: Queryable): Promise<LogTree> {
  return readTree(tx, 'select size, frontier from log_state for update');
}

export async function selectLogTree(db: Queryable): Promise<LogTree> {
  return readTree(db, 'select size, frontier from log_state');
}

async function readTree(db: Queryable, sql: string): Promise<LogTree> {
  const { rows } = await db.query<{ size: string; frontier: Buffer[] }>(sql);
  return { size: Number(rows[0]?.size ?? 0), frontier: rows[0]?.frontier ?? [] };
}

export async function updateLogTree(tx: Queryable, tree: LogTree): Promise<void> {
  await tx.query('update log_state set size = $1, frontier = $2::bytea[]', [
    tree.size,
    tree.frontier.map((hash) => Buffer.from(hash)),
  ]);
}

/** A batch's entry names its agent, which the batch, written before, is still there to say. */
export async function insertLogEntries(tx: Queryable, entries: readonly LogEntry[]): Promise<void> {
  await tx.query(
    `insert into log_entry (idx, kind, digest, body, agent)
     select idx, kind, decode(incoming.digest, 'hex'), body, b.agent
       from unnest($1::bigint[], $2::text[], $3::text[], $4::bytea[])
              as incoming (idx, kind, digest, body)
       left join batch b on b.digest = decode(incoming.digest, 'hex')`,
    [
      entries.map(({ index }) => index),
      entries.map(({ kind }) => kind),
      entries.map(({ digest }) => digest),
      entries.map(({ body }) => Buffer.from(body)),
    ],
  );
}

/** Writes new hashes behind those that their tiles have. */
export async function appendTiles(tx: Queryable, rows: readonly TileRow[]): Promise<void> {
  const parts = rows.flatMap(tileParts);
  await tx.query(
    `insert into log_tile (level, idx, hashes)
     select * from unnest($1::smallint[], $2::bigint[], $3::bytea[])
     on conflict (level, idx) do update set hashes = log_tile.hashes || excluded.hashes`,
    [
      parts.map(({ level }) => level),
      parts.map(({ index }) => index),
      parts.map(({ hashes }) => Buffer.from(hashes)),
    ],
  );
}

/** A row of hashes, cut at the borders of tiles. */
function tileParts({ level, start, hashes }: TileRow) {
  const parts: { level: number; index: number; hashes: Uint8Array }[] = [];
  for (let at = 0; at < hashes.length;) {
    const index = Math.floor((start + at) / TILE_WIDTH);
    const room = (index + 1) * TILE_WIDTH - (start + at);
    parts.push({ level, index, hashes: concat(...hashes.slice(at, at + room)) });
    at += room;
  }
  return parts;
}

/** The bytes of tiles, at least as wide as asked for; missing ones are left out. */
export async function selectTiles(
  db: Queryable,
  tiles: readonly TileId[],
): Promise<Map<string, Uint8Array>> {
  const { rows } = await db.query<{ level: number; idx: string; hashes: Buffer }>(
    `select level, idx, hashes from log_tile
      where (level, idx) in (select * from unnest($1::smallint[], $2::bigint[]))`,
    [tiles.map(({ level }) => level), tiles.map(({ index }) => index)],
  );
  return new Map(rows.map(({ level, idx, hashes }) => [tileKey(level, Number(idx)), hashes]));
}

export const tileKey = (level: number, index: number): string => `${level}/${index}`;

/** Places of logged payloads, by digest in hex. */
export async function selectLogIndexes(
  db: Queryable,
  digests: readonly string[],
): Promise<Map<string, number>> {
  const { rows } = await db.query<{ digest: string; idx: string }>(
    `select encode(digest, 'hex') as digest, idx from log_entry
      where digest = any (select decode(d, 'hex') from unnest($1::text[]) as d)`,
    [digests],
  );
  return new Map(rows.map(({ digest, idx }) => [digest, Number(idx)]));
}

/** Leaves' data from `start` on, at most `limit`. */
export async function selectLogEntries(
  db: Queryable,
  start: number,
  limit: number,
): Promise<LogEntry[]> {
  const { rows } = await db.query<{ idx: string; kind: LogKind; digest: string; body: Buffer }>(
    `select idx, kind, encode(digest, 'hex') as digest, body from log_entry
      where idx >= $1 order by idx limit $2`,
    [start, limit],
  );
  return rows.map(({ idx, kind, digest, body }) => ({ index: Number(idx), kind, digest, body }));
}

export interface StoredCheckpoint {
  readonly size: number;
  /** The note as the log signed it. */
  readonly note: string;
  /** The note with the witnesses that the policy asks for; null until they have answered. */
  readonly cosigned: string | null;
}

interface CheckpointRow {
  size: string;
  note: string;
  cosigned: string | null;
}

const toCheckpoint = (row: CheckpointRow): StoredCheckpoint => ({
  ...row,
  size: Number(row.size),
});

export interface CosignedCheckpoint {
  readonly size: number;
  readonly cosigned: string;
  readonly signedAtMs: number;
  /** When enough witnesses had answered; null where an older release published it. */
  readonly cosignedAtMs: number | null;
}

interface CosignedRow {
  size: string;
  cosigned: string;
  created_at: Date;
  cosigned_at: Date | null;
}

const toCosigned = (row: CosignedRow): CosignedCheckpoint => ({
  size: Number(row.size),
  cosigned: row.cosigned,
  signedAtMs: row.created_at.getTime(),
  cosignedAtMs: row.cosigned_at?.getTime() ?? null,
});

/** Keeps a signed head; the first for a size stays, so that the log never signs two. */
export async function insertCheckpoint(
  tx: Queryable,
  checkpoint: { size: number; root: Uint8Array; note: string },
): Promise<void> {
  await tx.query(
    `insert into checkpoint (size, root, note) values ($1, $2, $3) on conflict do nothing`,
    [checkpoint.size, Buffer.from(checkpoint.root), checkpoint.note],
  );
}

export interface Cosigned {
  readonly size: number;
  /** The note with its witnesses, and its SHA-256 in hex. */
  readonly cosigned: string;
  readonly noteDigest: string;
  /** When enough of them had answered. */
  readonly cosignedAtMs: number;
}

/** Keeps the first cosigned note of a size, which agents may name already; false for a second. */
export async function updateCosigned(
  db: Queryable,
  { size, cosigned, noteDigest, cosignedAtMs }: Cosigned,
): Promise<boolean> {
  const { rowCount } = await db.query(
    `update checkpoint set cosigned = $2, note_digest = decode($3, 'hex'), cosigned_at = $4
      where size = $1 and cosigned is null`,
    [size, cosigned, noteDigest, new Date(cosignedAtMs)],
  );
  return rowCount === 1;
}

export async function selectNewestCheckpoint(
  db: Queryable,
  { cosigned }: { cosigned: boolean },
): Promise<StoredCheckpoint | null> {
  const { rows } = await db.query<CheckpointRow>(
    `select size, note, cosigned from checkpoint
      where cosigned is not null or not $1 order by size desc limit 1`,
    [cosigned],
  );
  return rows[0] === undefined ? null : toCheckpoint(rows[0]);
}

export interface CosignedPlace {
  readonly index: number;
  /** The smallest cosigned checkpoint that covers it; null while there is none. */
  readonly checkpoint: CosignedCheckpoint | null;
}

type PlaceRow = { digest: string; idx: string } & {
  [Column in keyof CosignedRow]: CosignedRow[Column] | null;
};

/** Where the payloads with these digests (hex) are logged; what is not has no entry. */
export async function selectCosignedPlaces(
  db: Queryable,
  digests: readonly string[],
): Promise<Map<string, CosignedPlace>> {
  const { rows } = await db.query<PlaceRow>(
    `select encode(e.digest, 'hex') as digest, e.idx, c.size, c.cosigned, c.created_at, c.cosigned_at
       from log_entry e
       left join lateral (select size, cosigned, created_at, cosigned_at from checkpoint
                           where cosigned is not null and size > e.idx
                           order by size limit 1) c on true
      where e.digest = any (select decode(d, 'hex') from unnest($1::text[]) as d)`,
    [digests],
  );
  return new Map(
    rows.map(({ digest, idx, size, cosigned, created_at, cosigned_at }) => {
      const isCovered = size !== null && cosigned !== null && created_at !== null;
      const checkpoint = isCovered ? toCosigned({ size, cosigned, created_at, cosigned_at }) : null;
      return [digest, { index: Number(idx), checkpoint }];
    }),
  );
}

/** One page of cosigned checkpoints, the newest first, beginning below size `before`. */
export async function selectCheckpointPage(
  db: Queryable,
  before: number | null,
  limit: number,
): Promise<CosignedCheckpoint[]> {
  const { rows } = await db.query<CosignedRow>(
    `select size, cosigned, created_at, cosigned_at from checkpoint
      where cosigned is not null and ($1::bigint is null or size < $1)
      order by size desc limit $2`,
    [before, limit],
  );
  return rows.map(toCosigned);
}

/** Cosigned notes by their digests in hex. */
export async function selectNotes(
  db: Queryable,
  digests: readonly string[],
): Promise<Map<string, string>> {
  const { rows } = await db.query<{ digest: string; cosigned: string }>(
    `select encode(note_digest, 'hex') as digest, cosigned from checkpoint
      where note_digest = any (select decode(d, 'hex') from unnest($1::text[]) as d)`,
    [digests],
  );
  return new Map(rows.map(({ digest, cosigned }) => [digest, cosigned]));
}

/** An agent's logged batches from leaf `from` up to, not including, leaf `to`; in order. */
export async function selectAgentBatchIndexes(
  db: Queryable,
  agent: string,
  from: number,
  to: number,
  limit: number,
): Promise<{ digest: string; index: number }[]> {
  const { rows } = await db.query<{ digest: string; idx: string }>(
    `select encode(digest, 'hex') as digest, idx from log_entry
      where agent = $1 and idx >= $2 and idx < $3 order by idx limit $4`,
    [agent, from, to, limit],
  );
  return rows.map(({ digest, idx }) => ({ digest, index: Number(idx) }));
}

/** The logged document with this payload digest (hex), from the table that keeps its kind. */
export async function selectLoggedEnvelope(
  db: Queryable,
  digest: string,
): Promise<Envelope | null> {
  const { rows } = await db.query<{ envelope: Envelope }>(
    `select envelope from record where digest = decode($1, 'hex')
     union all select envelope from keyring where digest = decode($1, 'hex')
     union all select envelope from report where digest = decode($1, 'hex')
     union all select envelope from gate_decision where digest = decode($1, 'hex')
     union all select envelope from maintenance_statement where digest = decode($1, 'hex')
     union all select envelope::jsonb from batch where digest = decode($1, 'hex')
     limit 1`,
    [digest],
  );
  return rows[0]?.envelope ?? null;
}
