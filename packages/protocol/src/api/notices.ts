import Type, { type Static } from 'typebox';
import { Nullable, Strict, Timestamp, Uuid7 } from '../schema.ts';

/** The parts of the monitoring itself that people are told of when they fail. */
export const NOTICE_TOPICS = [
  'rounds.overdue',
  'outbox.growing',
  'outbox.given_up',
  'region.lost',
  'broker.away',
  'database.away',
  'region.quarantined',
  'quarantine.withheld',
  'fleet.held',
] as const;

export const NoticeTopic = Type.Enum(NOTICE_TOPICS);
export type NoticeTopic = Static<typeof NoticeTopic>;

/** A part of the monitoring that fails, or did. */
export const NoticeResource = Strict({
  id: Uuid7,
  topic: NoticeTopic,
  /** The region, channel or coordinator that it is about; null where there is one of it only. */
  subject: Nullable(Type.String()),
  /** One sentence: what fails. */
  detail: Type.String(),
  state: Type.Enum(['open', 'ended']),
  /** Whether a message was sent; false where another one had said as much. */
  told: Type.Boolean(),
  beganAt: Timestamp,
  endedAt: Nullable(Timestamp),
});
export type NoticeResource = Static<typeof NoticeResource>;
