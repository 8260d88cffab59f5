import Type, { type Static } from 'typebox';
import { Envelope } from '../evidence/envelope.ts';
import { Nullable, Sha256Hex, Slug, Strict, Timestamp, Uuid7 } from '../schema.ts';
import { Verdict } from '../verdict.ts';

export const IncidentResource = Strict({
  id: Uuid7,
  monitor: Slug,
  monitorName: Type.String(),
  target: Type.String(),
  state: Type.Enum(['open', 'resolved']),
  verdict: Verdict,
  /** Most severe verdict of its life. */
  kind: Type.Enum(['down', 'partial']),
  openedAt: Timestamp,
  resolvedAt: Nullable(Timestamp),
  /** Regions that saw it down, and all members, in the round that opened it. */
  regionsDown: Type.Array(Slug),
  regions: Type.Array(Slug),
  /** Failure class in the words of a person, from the opening round. */
  reason: Type.String(),
});
export type IncidentResource = Static<typeof IncidentResource>;

export const IncidentDetail = Strict({
  ...IncidentResource.properties,
  records: Type.Array(
    Strict({
      digest: Sha256Hex,
      step: Type.Enum(['open', 'update', 'resolve', 'amend']),
      recordedAt: Timestamp,
      envelope: Envelope,
    }),
  ),
});
export type IncidentDetail = Static<typeof IncidentDetail>;
