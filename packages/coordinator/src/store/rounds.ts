/** Closed rounds. A round that was open when a coordinator stopped has no row: it decided nothing. */
import type { Member, Uuid7, Verdict, Vote } from '@trustmonitor/protocol';
import type { Queryable } from './database.ts';

export interface StoredVote {
  readonly region: string;
  readonly agent: string;
  readonly vote: Vote;
  readonly slow: boolean;
}

export interface StoredRound {
  readonly id: Uuid7;
  readonly monitor: string;
  readonly revision: number;
  readonly openedAtMs: number;
  readonly closedAtMs: number;
  readonly verdict: Verdict;
  readonly required: number;
  readonly members: readonly Member[];
  readonly votes: readonly StoredVote[];
}

/** Writes closed rounds, and notes the minutes that they are about for the rollups. */
export async function insertRounds(tx: Queryable, rounds: readonly StoredRound[]): Promise<void> {
  if (rounds.length === 0) return;
  await tx.query(
    `with stored as (
       insert into round (id, monitor, revision, opened_at, closed_at, verdict, required,
                          members, votes)
       select * from unnest($1::uuid[], $2::text[], $3::int[], $4::timestamptz[],
                            $5::timestamptz[], $6::text[], $7::int[], $8::jsonb[], $9::jsonb[])
       returning id, monitor)
     insert into rollup_dirty (minute, monitors)
     select date_bin('1 minute', uuid7_time(id), 'epoch'), array_agg(distinct monitor)
       from stored group by 1`,
    [
      rounds.map((round) => round.id),
      rounds.map((round) => round.monitor),
      rounds.map((round) => round.revision),
      rounds.map((round) => new Date(round.openedAtMs)),
      rounds.map((round) => new Date(round.closedAtMs)),
      rounds.map((round) => round.verdict),
      rounds.map((round) => round.required),
      rounds.map((round) => JSON.stringify(round.members)),
      rounds.map((round) => JSON.stringify(round.votes)),
    ],
  );
}

interface Row {
  id: Uuid7;
  monitor: string;
  revision: number;
  opened_at: Date;
  closed_at: Date;
  verdict: Verdict;
  required: number;
  members: Member[];
  votes: StoredVote[];
}

const COLUMNS = 'id, monitor, revision, opened_at, closed_at, verdict, required, members, votes';

function toStored(row: Row): StoredRound {
  return {
    id: row.id,
    monitor: row.monitor,
    revision: row.revision,
    openedAtMs: row.opened_at.getTime(),
    closedAtMs: row.closed_at.getTime(),
    verdict: row.verdict,
    required: row.required,
    members: row.members,
    votes: row.votes,
  };
}

export async function selectRound(db: Queryable, id: Uuid7): Promise<StoredRound | null> {
  const { rows } = await db.query<Row>(
    `select ${COLUMNS} from round where id = $1
     union select ${COLUMNS} from kept_round where id = $1`,
    [id],
  );
  return rows[0] === undefined ? null : toStored(rows[0]);
}

export interface RoundFilter {
  /** Opened from this time on, and before that one. */
  readonly from: Date | null;
  readonly to: Date | null;
  readonly before: Uuid7 | null;
}

/**
 * One page of a monitor's rounds, newest first. Ids begin with the time that the round was opened:
 * all three bounds are ranges of one index.
 */
export async function selectRoundPage(
  db: Queryable,
  monitor: string,
  { from, to, before }: RoundFilter,
  limit: number,
): Promise<StoredRound[]> {
  const { rows } = await db.query<Row>(
    `select ${COLUMNS} from round
      where monitor = $1
        and id >= coalesce(uuid7_floor($2), '00000000-0000-0000-0000-000000000000')
        and id < coalesce(least(uuid7_floor($3), $4::uuid),
                          'ffffffff-ffff-ffff-ffff-ffffffffffff')
      order by id desc limit $5`,
    [monitor, from, to, before, limit],
  );
  return rows.map(toStored);
}

/** When the rounds of a revision were opened between two times, in milliseconds, in order. */
export async function selectOpenings(
  db: Queryable,
  { monitor, revision }: { readonly monitor: string; readonly revision: number },
  { fromMs, toMs }: { readonly fromMs: number; readonly toMs: number },
): Promise<number[]> {
  const { rows } = await db.query<{ opened_at: Date }>(
    `select opened_at from round
      where monitor = $1 and revision = $2 and id >= uuid7_floor($3) and id < uuid7_floor($4)
      order by id`,
    [monitor, revision, new Date(fromMs), new Date(toMs)],
  );
  return rows.map((row) => row.opened_at.getTime());
}
