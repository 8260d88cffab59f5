import Type, { type Static } from 'typebox';
import { Nkey } from '../evidence/join.ts';
import { messageParserOf } from '../parse.ts';
import { CoordinatorId, Count, Micros, Nullable, Slug, Strict, Timestamp } from '../schema.ts';

/** An agent's sign of life, sent as a request so that the reply measures the clock offset. */
export const Beat = Strict({
  v: Type.Literal(1),
  network: Slug,
  agent: Slug,
  region: Slug,
  version: Type.String({ maxLength: 32 }),
  sentAt: Timestamp,
  startedAt: Timestamp,
  /** Agent's clock minus coordinator's, from the last exchange; null before the first. */
  skewMs: Nullable(Type.Integer()),
  queued: Count,
  spooledBatches: Count,
  loopDelayUs: Micros,
  /** Whether it takes no jobs, as it was told; older agents do not say it. */
  drained: Type.Optional(Type.Boolean()),
  /** The broker's credential that the agent has; absent where it needs none. */
  credential: Type.Optional(Strict({ nkey: Nkey, expiresAt: Timestamp })),
});
export type Beat = Static<typeof Beat>;

export const BeatReply = Strict({
  v: Type.Literal(1),
  receivedAt: Timestamp,
  /** Whose clock that is: several coordinators may answer, one at a time. */
  coordinator: Type.Optional(CoordinatorId),
  /**
   * Whether the agent is to take no jobs: an operator has drained it. Absent from coordinators that
   * know nothing of drains, and then everything stays as it was; agents that do not either leave it out.
   */
  drained: Type.Optional(Type.Boolean()),
  /** A newer credential, when the agent's will soon expire. */
  credential: Type.Optional(Type.String({ maxLength: 8_192 })),
});
export type BeatReply = Static<typeof BeatReply>;

export const beatParser = messageParserOf(Beat);
export const beatReplyParser = messageParserOf(BeatReply);
