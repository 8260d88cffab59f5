/** Service level objectives over HTTP: what was measured, and what is left of the budget. */
import Type, { type Static } from 'typebox';
import { Count, Millis, Nullable, Slug, Strict, Timestamp, Uuid7 } from '../schema.ts';
import { Selector } from '../selector.ts';
import { ServiceLevel } from '../service-level.ts';
import { Slo } from '../slo.ts';
import { OwnerName } from './plan.ts';

/** An objective's id; of a monitor's own, `monitor:` and the monitor's id. */
export const SloId = Type.String({
  pattern: '^(?:monitor:)?[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$',
  examples: ['checkout'],
});
export type SloId = Static<typeof SloId>;

const BurnPairName = Type.Enum(['14.4x', '6x', '3x', '1x']);

/** From 0 to 1. */
const Ratio = Type.Number({ minimum: 0, maximum: 1 });

/** One pair of windows. A rate of 1 spends the budget in exactly the objective's window. */
const SloBurn = Strict({
  pair: BurnPairName,
  longMs: Millis,
  shortMs: Millis,
  /** Null where nothing was measured. */
  longRate: Nullable(Type.Number({ minimum: 0 })),
  shortRate: Nullable(Type.Number({ minimum: 0 })),
  firing: Type.Boolean(),
});

/** One indicator of an objective. Times of several monitors are added up. */
export const SliStatus = Strict({
  sli: Type.Enum(['availability', 'latency']),
  /** Per cent. */
  target: Type.Number(),
  /** The window as it was read: it begins at a whole hour or day of UTC. */
  from: Timestamp,
  to: Timestamp,
  /** Good by valid; null where nothing was measured. */
  ratio: Nullable(Ratio),
  /** Time with a verdict that counts. */
  measuredMs: Millis,
  /** Time of the window in which the monitors existed and nobody can tell how they were. */
  unknownMs: Millis,
  /** Of latency: answers, and those that were slower than the threshold. Null of availability. */
  answers: Nullable(Strict({ all: Count, slow: Count })),
  budget: Strict({
    totalMs: Millis,
    spentMs: Millis,
    /** Negative once more was spent than there was. */
    leftMs: Type.Integer(),
    /** Of the whole: 1 untouched, 0 spent, below 0 overspent. */
    leftRatio: Type.Number({ maximum: 1 }),
  }),
  burn: Type.Array(SloBurn),
  alert: Strict({
    state: Type.Enum(['quiet', 'burning']),
    /** What people were told of. */
    pair: Nullable(BurnPairName),
    severity: Nullable(Type.Enum(['critical', 'warning'])),
    since: Nullable(Timestamp),
  }),
});
export type SliStatus = Static<typeof SliStatus>;

export const SloResource = Strict({
  id: SloId,
  name: Type.String(),
  /** The one monitor that it belongs to; null for one about several. */
  monitor: Nullable(Slug),
  selector: Nullable(Selector),
  level: ServiceLevel,
  alerts: Slo.properties.alerts,
  owner: Nullable(OwnerName),
  /** How many monitors it is about now. */
  monitors: Count,
  indicators: Type.Array(SliStatus),
});
export type SloResource = Static<typeof SloResource>;

export const SloIncident = Strict({
  incident: Uuid7,
  monitor: Slug,
  reason: Type.String(),
  /** The first bad round of it. */
  from: Timestamp,
  /** Null while it is open. */
  resolvedAt: Nullable(Timestamp),
  spentMs: Millis,
  /** Of the whole budget. */
  spentRatio: Type.Number({ minimum: 0 }),
});
export type SloIncident = Static<typeof SloIncident>;

/** One objective with what spent its budget of availability. */
export const SloDetail = Strict({
  ...SloResource.properties,
  spending: Strict({
    /** The newest first; at most 200, and those that spent nothing left out. */
    incidents: Type.Array(SloIncident),
    /** In no incident: bad rounds that were not confirmed. */
    besideMs: Millis,
  }),
});
export type SloDetail = Static<typeof SloDetail>;
