import Type, { type Static } from 'typebox';
import { Monitor } from '../monitor.ts';
import { Nullable, Sha256Hex, Strict, Timestamp, Uuid7 } from '../schema.ts';
import { AnomalyResource } from './anomalies.ts';
import { Verdict } from '../verdict.ts';
import { InMaintenanceResource } from './maintenance.ts';
import { OwnerName } from './plan.ts';

/** A monitor as the API shows it: its newest revision and what is known of it. */
export const MonitorResource = Strict({
  ...Monitor.properties,
  revision: Type.Integer({ minimum: 1 }),
  checkDigest: Sha256Hex,
  /** Null before the first round has closed. */
  verdict: Nullable(Verdict),
  /**
   * What to show: the verdict, or `degraded` while that is `up` and answers are not as usual. Only a
   * verdict is signed, opens incidents and counts in reports.
   */
  shown: Strict({ state: Nullable(Verdict), reason: Type.Enum(['verdict', 'anomaly']) }),
  openAnomalies: Type.Array(AnomalyResource),
  /** True where one voting group alone decides: nobody confirms what it says. */
  unconfirmed: Type.Boolean(),
  /**
   * Where the job of a heartbeat monitor reports in. Whoever knows it can speak for the job, so it
   * is null for a token that may not write, as it is for the other kinds.
   */
  pingUrl: Nullable(Type.String()),
  openIncident: Nullable(Uuid7),
  /** Whether it goes down and up again and again, so that its incidents are not told one by one. */
  flapping: Nullable(Strict({ since: Timestamp })),
  /** The window that it is in now: of several the one that ends last. */
  inMaintenance: Nullable(InMaintenanceResource),
  lastRoundAt: Nullable(Timestamp),
  createdAt: Timestamp,
  updatedAt: Timestamp,
  /** Who has applied it as code; null for nobody. */
  owner: Nullable(OwnerName),
});
export type MonitorResource = Static<typeof MonitorResource>;

/** What can be changed of a monitor without sending all of it. */
export const MonitorPatch = Strict({
  enabled: Type.Boolean({ description: 'false pauses the monitor; an open incident stays open.' }),
});

/** What a monitor was at one time. */
export const MonitorRevisionResource = Strict({
  revision: Type.Integer({ minimum: 1 }),
  checkDigest: Sha256Hex,
  createdAt: Timestamp,
  definition: Monitor,
});
export type MonitorRevisionResource = Static<typeof MonitorRevisionResource>;
