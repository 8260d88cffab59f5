/** Signed results, one row per attempt, and the batches that prove them. */
import { resultParser, type Result, type Uuid7 } from '@trustmonitor/protocol';
import type { Queryable } from './database.ts';

export interface ResultRow {
  readonly result: Result;
  /** The signed canonical text of the result. */
  readonly leaf: string;
  /** Digest of the batch payload, in hex, and the result's place in the batch. */
  readonly batch: string;
  readonly index: number;
  /** Whether it is a vote that was counted; late, repeated and foreign ones are only kept. */
  readonly counted: boolean;
}

/**
 * Writes results; one that is stored already stays as it was first seen, unless it was not
 * counted and this one is: an agent that sends a round's attempt in the name of another monitor
 * first must not keep the vote out that was counted. The minutes that the results are about are
 * noted for the rollups.
 */
export async function insertResults(tx: Queryable, rows: readonly ResultRow[]): Promise<void> {
  if (rows.length === 0) return;
  await tx.query(
    `with stored as (
       insert into result (round, agent, attempt, final, monitor, region, outcome, failure,
                           duration_ms, total_us, counted, batch, batch_index, leaf)
       select distinct on (round, agent, attempt)
              round, agent, attempt, final, monitor, region, outcome, failure, duration_ms,
              total_us, counted, decode(batch, 'hex'), batch_index, leaf
         from unnest($1::uuid[], $2::text[], $3::smallint[], $4::bool[], $5::text[], $6::text[],
                     $7::text[], $8::text[], $9::bigint[], $10::bigint[], $11::bool[], $12::text[],
                     $13::smallint[], $14::text[]) with ordinality
           as incoming (round, agent, attempt, final, monitor, region, outcome, failure,
                        duration_ms, total_us, counted, batch, batch_index, leaf, place)
        order by round, agent, attempt, counted desc, place
       on conflict (round, agent, attempt) do update
         set final = excluded.final, monitor = excluded.monitor, region = excluded.region,
             outcome = excluded.outcome, failure = excluded.failure,
             duration_ms = excluded.duration_ms, total_us = excluded.total_us, counted = true,
             batch = excluded.batch, batch_index = excluded.batch_index, leaf = excluded.leaf,
             received_at = excluded.received_at
         where excluded.counted and not result.counted
       returning round, monitor)
     insert into rollup_dirty (minute, monitors)
     select date_bin('1 minute', uuid7_time(round), 'epoch'), array_agg(distinct monitor)
       from stored group by 1`,
    [
      rows.map((row) => row.result.round),
      rows.map((row) => row.result.agent),
      rows.map((row) => row.result.attempt),
      rows.map((row) => row.result.final),
      rows.map((row) => row.result.monitor),
      rows.map((row) => row.result.region),
      rows.map((row) => row.result.outcome),
      rows.map((row) => row.result.failure?.class ?? null),
      rows.map((row) => row.result.durationMs),
      rows.map((row) => row.result.phases.totalUs),
      rows.map((row) => row.counted),
      rows.map((row) => row.batch),
      rows.map((row) => row.index),
      rows.map((row) => row.leaf),
    ],
  );
}

export interface StoredResult extends ResultRow {
  readonly receivedAtMs: number;
}

interface Row {
  leaf: string;
  batch: string;
  batch_index: number;
  counted: boolean;
  received_at: Date;
}

/** Every result of the given rounds, in order of round, agent and attempt. */
export async function selectResults(
  db: Queryable,
  rounds: readonly Uuid7[],
): Promise<StoredResult[]> {
  const { rows } = await db.query<Row>(
    `select leaf, encode(batch, 'hex') as batch, batch_index, counted, received_at
       from (select * from kept_result where round = any($1::uuid[])
             union all
             select * from result r where round = any($1::uuid[])
                and not exists (select from kept_result k where k.round = r.round)) as known
      order by round, agent, attempt`,
    [rounds],
  );
  return rows.map((row) => ({
    result: resultParser.parseJson(row.leaf, 'stored result'),
    leaf: row.leaf,
    batch: row.batch,
    index: row.batch_index,
    counted: row.counted,
    receivedAtMs: row.received_at.getTime(),
  }));
}

export interface BatchRow {
  /** Digest of the batch payload, in hex. */
  readonly digest: string;
  readonly agent: string;
  readonly seq: number;
  /** DSSE envelope as JSON text. */
  readonly envelope: string;
  /** Leaf hashes in hex, in order. */
  readonly leafHashes: readonly string[];
}

/**
 * Keeps batches that are not stored yet, and returns the digests of those. One that is in the log
 * was stored before, and dropped when its time was over: it is not taken a second time.
 */
export async function insertBatches(
  tx: Queryable,
  rows: readonly BatchRow[],
): Promise<ReadonlySet<string>> {
  if (rows.length === 0) return new Set();
  const inserted = await tx.query<{ digest: string }>(
    `insert into batch (digest, agent, seq, envelope, leaf_hashes)
     select decode(digest, 'hex'), agent, seq, envelope, decode(leaf_hashes, 'hex')
       from unnest($1::text[], $2::text[], $3::bigint[], $4::text[], $5::text[])
         as incoming (digest, agent, seq, envelope, leaf_hashes)
      where not exists (select from log_entry e where e.digest = decode(incoming.digest, 'hex'))
     on conflict (digest) do nothing
     returning encode(digest, 'hex') as digest`,
    [
      rows.map((row) => row.digest),
      rows.map((row) => row.agent),
      rows.map((row) => row.seq),
      rows.map((row) => row.envelope),
      rows.map((row) => row.leafHashes.join('')),
    ],
  );
  return new Set(inserted.rows.map(({ digest }) => digest));
}

/** The newest batch of an agent's chain; null before its first. */
export async function selectNewestBatch(
  db: Queryable,
  agent: string,
): Promise<{ seq: number; digest: string } | null> {
  const { rows } = await db.query<{ seq: string; digest: string }>(
    `select seq, encode(digest, 'hex') as digest from batch
      where agent = $1 order by seq desc limit 1`,
    [agent],
  );
  return rows[0] === undefined ? null : { ...rows[0], seq: Number(rows[0].seq) };
}

/** The batches with these digests, by digest. */
export async function selectBatches(
  db: Queryable,
  digests: readonly string[],
): Promise<Map<string, BatchRow>> {
  const { rows } = await db.query<{
    digest: string;
    agent: string;
    seq: string;
    envelope: string;
    leaf_hashes: string;
  }>(
    `select encode(digest, 'hex') as digest, agent, seq, envelope,
            encode(leaf_hashes, 'hex') as leaf_hashes
       from batch where digest = any (select decode(d, 'hex') from unnest($1::text[]) as d)`,
    [digests],
  );
  return new Map(
    rows.map((row) => [
      row.digest,
      {
        digest: row.digest,
        agent: row.agent,
        seq: Number(row.seq),
        envelope: row.envelope,
        leafHashes: row.leaf_hashes.match(/.{64}/g) ?? [],
      },
    ]),
  );
}
