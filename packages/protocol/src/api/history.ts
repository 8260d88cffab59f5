import Type, { type Static } from 'typebox';
import { FailureClass } from '../failure.ts';
import { Count, Nullable, Slug, Strict, Timestamp } from '../schema.ts';

/** Of probes that were up. Quantiles are within 2 % of the exact ones, over any regions and time. */
export const LatencySummary = Strict({
  count: Count,
  meanUs: Count,
  p50Us: Count,
  p95Us: Count,
  p99Us: Count,
});
export type LatencySummary = Static<typeof LatencySummary>;

const Share = Type.Number({ minimum: 0, maximum: 1 });

/** What one region's final results said. */
export const RegionHistory = Strict({
  up: Count,
  down: Count,
  abstain: Count,
  /** Of those up, and counted as votes: slower than the monitor allows. */
  slow: Count,
  failures: Type.Partial(Type.Record(FailureClass, Count)),
  /** Up, of those that are up or down; null when none is. */
  uptime: Nullable(Share),
  /** Abstentions among all. */
  unknownShare: Share,
  latency: Nullable(LatencySummary),
});
export type RegionHistory = Static<typeof RegionHistory>;

const byVerdict = <T extends typeof Count>(each: T) =>
  Strict({ up: each, degraded: each, partial: each, down: each, unknown: each });

/** What the rounds decided, weighed by how long each verdict stood. */
export const QuorumHistory = Strict({
  rounds: byVerdict(Count),
  /** Milliseconds. A verdict stands until the next round, and for two intervals at most. */
  timeMs: byVerdict(Count),
  /** Time with a verdict other than `unknown`. */
  measuredMs: Count,
  /** Share of all the time without one: unknown, or not looked at. Never part of the uptime. */
  unknownShare: Share,
  /** Share of the measured time in which it was not down; null when nothing was measured. */
  uptime: Nullable(Share),
  /** All regions together. */
  latency: Nullable(LatencySummary),
});
export type QuorumHistory = Static<typeof QuorumHistory>;

const STEPS = ['1m', '1h', '1d'] as const;

export const History = Strict({
  monitor: Slug,
  step: Type.Enum([...STEPS]),
  /** Aligned to the step, in UTC. */
  from: Timestamp,
  /** The end of what is known, when that is before the end that was asked for. */
  to: Timestamp,
  regions: Type.Array(Slug),
  /** Every bucket from `from` to `to`. Null: nothing is known of it. */
  buckets: Type.Array(
    Strict({
      at: Timestamp,
      quorum: Nullable(QuorumHistory),
      regions: Type.Record(Slug, Nullable(RegionHistory)),
    }),
  ),
});
export type History = Static<typeof History>;

export const HistoryQuery = Strict({
  from: Type.Optional(Timestamp),
  to: Type.Optional(Timestamp),
  step: Type.Optional(Type.Enum(['auto', ...STEPS])),
  region: Type.Optional(Slug),
});
export type HistoryQuery = Static<typeof HistoryQuery>;

export const UptimeWindow = Type.Enum(['1h', '24h', '7d', '30d', '90d']);
export type UptimeWindow = Static<typeof UptimeWindow>;

/** Over a window that ends with what is known: `measuredMs` says what the figure is based on. */
export const Uptime = Strict({
  monitor: Slug,
  window: UptimeWindow,
  from: Timestamp,
  to: Timestamp,
  quorum: Nullable(QuorumHistory),
  regions: Type.Record(Slug, RegionHistory),
});
export type Uptime = Static<typeof Uptime>;

/** Whether a monitor is asked as often as it should be, and when. */
export const MonitorSchedule = Strict({
  monitor: Slug,
  intervalMs: Count,
  lastRoundAt: Nullable(Timestamp),
  /** The next tick; null for a monitor that is paused. One that is not well may be asked before. */
  nextTickAt: Nullable(Timestamp),
  /** More than two intervals and 30 seconds without a round, as in the notice `rounds.overdue`. */
  overdue: Type.Boolean(),
  /** Since when the following is counted: an hour ago, or when this revision was written. */
  since: Timestamp,
  rounds: Count,
  /** Ticks without a round. */
  missed: Count,
  /** How long after their ticks rounds were opened; null where there were none. */
  lateness: Nullable(Strict({ medianMs: Count, maxMs: Count })),
});
export type MonitorSchedule = Static<typeof MonitorSchedule>;
