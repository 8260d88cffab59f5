import Type, { type Static } from 'typebox';
import { Micros, Nullable, Slug, Strict, Timestamp, Uuid7 } from '../schema.ts';
import { AnomalyKind } from './anomalies.ts';
import { QuarantineReason } from './network.ts';
import { Verdict, Vote } from '../verdict.ts';

const incident = {
  at: Timestamp,
  incident: Uuid7,
  monitor: Slug,
  verdict: Verdict,
};

/** What `GET /v1/events` tells, each told after it is committed. */
export const LiveEvent = Type.Union([
  Strict({
    type: Type.Literal('vote.cast'),
    at: Timestamp,
    monitor: Slug,
    round: Uuid7,
    region: Slug,
    agent: Slug,
    vote: Vote,
    /** How long the probe took; null where nothing was probed. */
    latencyUs: Nullable(Micros),
  }),
  Strict({
    type: Type.Literal('verdict.changed'),
    at: Timestamp,
    monitor: Slug,
    round: Uuid7,
    from: Nullable(Verdict),
    to: Verdict,
  }),
  Strict({ type: Type.Literal('incident.opened'), ...incident }),
  Strict({ type: Type.Literal('incident.updated'), ...incident }),
  Strict({ type: Type.Literal('incident.resolved'), ...incident }),
  Strict({
    type: Type.Literal('agent.lost'),
    at: Timestamp,
    agent: Slug,
    region: Slug,
    lastSeenAt: Timestamp,
  }),
  Strict({
    type: Type.Enum(['agent.flagged', 'agent.cleared']),
    at: Timestamp,
    agent: Slug,
    /** Where its votes are against the quorum's; none once it is cleared. */
    monitors: Type.Array(Slug),
  }),
  Strict({
    /** It goes down and up again and again; it does not any more. */
    type: Type.Enum(['monitor.flapping', 'monitor.settled']),
    at: Timestamp,
    monitor: Slug,
  }),
  Strict({
    type: Type.Enum(['region.quarantined', 'region.released']),
    at: Timestamp,
    region: Slug,
    reason: QuarantineReason,
  }),
  Strict({
    type: Type.Enum(['region.drained', 'region.undrained']),
    at: Timestamp,
    region: Slug,
    by: Type.String(),
  }),
  Strict({
    type: Type.Enum(['agent.drained', 'agent.undrained']),
    at: Timestamp,
    agent: Slug,
    region: Slug,
    by: Type.String(),
  }),
  Strict({
    type: Type.Enum(['monitor.anomalous', 'monitor.normal']),
    at: Timestamp,
    monitor: Slug,
    kind: AnomalyKind,
    summary: Type.String(),
  }),
]);
export type LiveEvent = Static<typeof LiveEvent>;
