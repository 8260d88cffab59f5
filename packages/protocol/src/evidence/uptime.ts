import Type, { type Static } from 'typebox';
import { MaintenanceEffect } from '../maintenance.ts';
import { Count, Millis, Nullable, Sha256Hex, Slug, Strict, Timestamp, Uuid7 } from '../schema.ts';
import { STATEMENT_TYPE } from './record.ts';

export const UPTIME_PREDICATE_TYPE = 'https://trustmonitor.dev/predicates/uptime/v1';

/** A million parts are all of it. */
export const PPM = 1_000_000;

/** Parts per million as per cent, exactly: `99.9950 %`. */
export function formatPercent(ppm: number | null): string {
  if (ppm === null) return 'no figure (nothing counts)';
  const perCent = PPM / 100;
  const fraction = String(ppm % perCent).padStart(4, '0');
  return `${Math.floor(ppm / perCent)}.${fraction} %`;
}

/**
 * Where the time of the period went, in milliseconds: every millisecond is in one of these, so
 * they add up to the period. Inside an incident it is what the incident stood at; outside, what
 * the last closed round said, for `policy.holdIntervals` intervals at most.
 */
export const UptimeTime = Strict({
  upMs: Millis,
  degradedMs: Millis,
  /** A region saw a failure, and quorum did not: with or without an incident. */
  partialMs: Millis,
  /** In incidents only. */
  downMs: Millis,
  /** Rounds said down, and no incident was open: it was not confirmed, or not yet. */
  unconfirmedDownMs: Millis,
  /** Rounds could not decide. */
  unknownMs: Millis,
  /** No round says anything: not monitored. */
  unmeasuredMs: Millis,
  /** In maintenance that does not count, whatever else it was. Absent from older reports. */
  maintenanceMs: Type.Optional(Millis),
});
export type UptimeTime = Static<typeof UptimeTime>;

/** An incident of the period, by the records that it had when the report was signed. */
export const UptimeIncident = Strict({
  incident: Uuid7,
  openedAt: Timestamp,
  /** Null while it was open. */
  resolvedAt: Nullable(Timestamp),
  /** How long it stood at each, within the period and outside of what maintenance takes out. */
  downMs: Millis,
  partialMs: Millis,
  /** SHA-256 of the payload of each record, oldest first. */
  records: Type.Array(Sha256Hex, { minItems: 1, maxItems: 257 }),
});
export type UptimeIncident = Static<typeof UptimeIncident>;

/**
 * One occurrence of a window of maintenance, by the statements that announced it. What it takes
 * out begins when it does, and never before it was announced.
 */
export const UptimeMaintenance = Strict({
  window: Slug,
  occurrence: Uuid7,
  startsAt: Timestamp,
  endsAt: Timestamp,
  uptime: MaintenanceEffect,
  /** Null where its time counts, or nothing is left of it. */
  excludedFrom: Nullable(Timestamp),
  /** SHA-256 of the payload of its plan and, where it was ended early, of its end. */
  statements: Type.Array(Sha256Hex, { minItems: 1, maxItems: 2 }),
});
export type UptimeMaintenance = Static<typeof UptimeMaintenance>;

/** As many occurrences as a report may name: one every hour for six weeks. */
export const MAX_MAINTENANCE = 1_024;

/** By what rules the figure is made. Another rule is another value, never a silent change. */
export const UptimePolicy = Strict({
  /** Down time is the time in incidents that stood at `down`. */
  downtime: Type.Literal('incident-down'),
  /**
   * Time with `unknown`, and time without any verdict, counts neither for nor against; nor does
   * announced maintenance, of which older reports know nothing.
   */
  excluded: Type.Enum(['maintenance-unknown-and-unmeasured', 'unknown-and-unmeasured']),
  /** How many intervals a verdict stands when no round follows. */
  holdIntervals: Type.Integer({ minimum: 1, maximum: 10 }),
  /** Of the parts per million: to the lower one. */
  rounding: Type.Literal('down'),
});
export type UptimePolicy = Static<typeof UptimePolicy>;

export const UptimeFigure = Strict({
  /** The period without `maintenanceMs`, `unknownMs` and `unmeasuredMs`. */
  countedMs: Millis,
  downMs: Millis,
  /** floor((countedMs - downMs) * 1,000,000 / countedMs); null when nothing counts. */
  availabilityPpm: Nullable(Type.Integer({ minimum: 0, maximum: PPM })),
});
export type UptimeFigure = Static<typeof UptimeFigure>;

/** Uptime of one monitor from `from` up to, not including, `to`. */
export const UptimePredicate = Strict({
  network: Slug,
  monitor: Slug,
  from: Timestamp,
  to: Timestamp,
  recordedAt: Timestamp,
  keyring: Strict({
    version: Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER }),
    digest: Sha256Hex,
  }),
  policy: UptimePolicy,
  /** Rounds that the time outside of incidents comes from. */
  rounds: Count,
  time: UptimeTime,
  figure: UptimeFigure,
  /** In order of time. */
  incidents: Type.Array(UptimeIncident, { maxItems: 256 }),
  /** In order of time. */
  maintenance: Type.Array(UptimeMaintenance, { maxItems: MAX_MAINTENANCE }),
});
export type UptimePredicate = Static<typeof UptimePredicate>;

/** in-toto Statement v1 about uptime. The subjects are the checks that were run in the period. */
export const UptimeStatement = Strict({
  _type: Type.Literal(STATEMENT_TYPE),
  subject: Type.Array(
    Strict({ name: Type.String({ maxLength: 2_048 }), digest: Strict({ sha256: Sha256Hex }) }),
    { minItems: 1, maxItems: 256 },
  ),
  predicateType: Type.Literal(UPTIME_PREDICATE_TYPE),
  predicate: UptimePredicate,
});
export type UptimeStatement = Static<typeof UptimeStatement>;
