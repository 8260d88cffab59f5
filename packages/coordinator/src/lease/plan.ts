/**
 * Which shards a coordinator should take and give away: pure, and the same for all of them.
 *
 * A shard, as every coordinator sees it by the database's clock:
 *
 *     free  -- taken: owner set, epoch + 1 ----------------> held
 *     held  -- renewed by its owner -----------------------> held, expires later
 *     held  -- released: owner cleared, expires now -------> free
 *     held  -- not renewed until it expires ---------------> free
 *
 * Nobody takes a shard that is held. The epoch is raised on taking and never otherwise, so that
 * an owner that was paused finds itself one behind in the transaction that would have decided.
 *
 * Shares are fair when they differ by one at most. Of `n` live coordinators, those that hold the
 * most keep the larger shares: nothing moves when shares are fair already, whoever holds what.
 * A free shard goes to the coordinator that holds the fewest; each works out the same, so two
 * meet over a shard only when they looked at different moments, and the database then says who
 * has it. One surplus shard is given away at a time, and only while none is free: the taker's
 * turn comes before the next. The highest goes first, because shard 0 carries the duties that
 * exist once (log, heartbeats, partitions), and those should move least.
 *
 * A shard that stays free for long was meant for somebody who is dead and not yet known to be:
 * anybody takes it, beyond a fair share.
 *
 * Shards are shared among those whose broker is there (`broker-link.ts`), as long as it is for one:
 *
 *     there    -- its share, as above
 *     doubtful -- keeps what it holds, and takes nothing
 *     away     -- takes nothing and releases all, as one that shuts down does
 *
 * While nobody's broker is there, nobody could do better: whoever holds a shard keeps it, and what
 * is free is taken as above. So an outage of the broker itself moves nothing, however it begins and
 * ends, and one whose connection is back takes its share again by the usual surplus.
 */
import type { BrokerState } from './broker-link.ts';

/** A row of the table `shard`. A free one has no owner, or has expired. */
export interface LeaseRow {
  readonly shard: number;
  readonly owner: string | null;
  readonly epoch: number;
  readonly expiresAtMs: number;
}

/** A coordinator as it registered itself. */
export interface LiveCoordinator {
  readonly id: string;
  readonly broker: BrokerState;
}

export interface LeaseView {
  readonly leases: readonly LeaseRow[];
  /** Coordinators whose registration has not expired, without those that are shutting down. */
  readonly live: readonly LiveCoordinator[];
  readonly me: string;
  /** The database's clock. */
  readonly nowMs: number;
}

/** All that is held and not released is renewed. */
export interface LeasePlan {
  readonly take: readonly number[];
  readonly release: readonly number[];
}

/** A free shard that its taker has left for two and a half steps is anybody's. */
const LEFT_FREE_MS = 5_000;

/** A coordinator that is not among the live ones takes nothing and releases all it holds. */
export function planLeases(view: LeaseView): LeasePlan {
  const { leases, live, me, nowMs } = view;
  const isFree = (lease: LeaseRow): boolean => lease.owner === null || lease.expiresAtMs <= nowMs;
  const free = leases.filter(isFree).toSorted(byShard);
  const mine = leases
    .filter((lease) => lease.owner === me && !isFree(lease))
    .map(({ shard }) => shard)
    .toSorted((a, b) => a - b);
  const own = live.find(({ id }) => id === me);
  const able = live.filter(({ broker }) => broker === 'there');
  const isAnyAble = able.length > 0;
  if (own === undefined) return { take: [], release: mine };
  if (isAnyAble && own.broker === 'away') return { take: [], release: mine };
  if (isAnyAble && own.broker === 'doubtful') return { take: [], release: [] };

  const shares = sharesOf(leases, isAnyAble ? able : live, isFree);
  const take = free.filter(
    ({ shard, expiresAtMs }) =>
      nowMs - expiresAtMs >= LEFT_FREE_MS || takerOf(shard, free, shares) === me,
  );
  const surplus = mine.length - (shares.get(me)?.fair ?? 0);
  const release = isAnyAble && surplus > 0 && free.length === 0 ? mine.slice(-1) : [];
  return { take: take.map(({ shard }) => shard), release };
}

interface Share {
  readonly held: number;
  readonly fair: number;
}

/** What each of these coordinators holds, and how much would be fair. */
function sharesOf(
  leases: readonly LeaseRow[],
  among: readonly LiveCoordinator[],
  isFree: (lease: LeaseRow) => boolean,
): Map<string, Share> {
  const held = new Map(among.map(({ id }) => [id, 0]));
  for (const lease of leases) {
    const count = lease.owner === null || isFree(lease) ? undefined : held.get(lease.owner);
    if (lease.owner !== null && count !== undefined) held.set(lease.owner, count + 1);
  }
  const smaller = Math.floor(leases.length / held.size);
  const larger = leases.length % held.size;
  return new Map(
    [...held]
      .toSorted(([a, holdsA], [b, holdsB]) => holdsB - holdsA || compare(a, b))
      .map(([owner, count], i) => [owner, { held: count, fair: smaller + (i < larger ? 1 : 0) }]),
  );
}

/** Free shards are dealt out in order, each to the coordinator that then has the fewest. */
function takerOf(
  shard: number,
  free: readonly LeaseRow[],
  shares: ReadonlyMap<string, Share>,
): string | undefined {
  const holds = new Map([...shares].map(([owner, { held }]) => [owner, held]));
  for (const lease of free) {
    const [taker] = [...holds]
      .filter(([owner, count]) => count < (shares.get(owner)?.fair ?? 0))
      .toSorted(([a, holdsA], [b, holdsB]) => holdsA - holdsB || compare(a, b))
      .map(([owner]) => owner);
    if (taker === undefined || lease.shard === shard) return taker;
    holds.set(taker, (holds.get(taker) ?? 0) + 1);
  }
  return undefined;
}

const byShard = (a: LeaseRow, b: LeaseRow): number => a.shard - b.shard;

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
