import Type, { type Static } from 'typebox';
import { Count, Nullable, Sha256Hex, Slug, Strict, Timestamp } from '../schema.ts';

export const BATCH_TYPE = 'https://trustmonitor.dev/batch/v1';

/** The latest fully cosigned checkpoint that the agent knows: its votes are no older. */
export const SeenCheckpoint = Strict({
  size: Count,
  root: Sha256Hex,
  /** SHA-256 of the whole signed note. */
  note: Sha256Hex,
});
export type SeenCheckpoint = Static<typeof SeenCheckpoint>;

/** The payload that an agent signs: one signature for many results. */
export const Batch = Strict({
  _type: Type.Literal(BATCH_TYPE),
  network: Slug,
  agent: Slug,
  /** 1 for the agent's first batch, then without gaps. */
  seq: Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER }),
  /** SHA-256 of the agent's previous batch payload; null for the first. */
  prev: Nullable(Sha256Hex),
  size: Type.Integer({ minimum: 1, maximum: 4_096 }),
  /** RFC 9162 tree head over the results, in order. */
  root: Sha256Hex,
  sealedAt: Timestamp,
  seen: Nullable(SeenCheckpoint),
});
export type Batch = Static<typeof Batch>;
