import Type, { type Static } from 'typebox';
import { messageParserOf } from '../parse.ts';
import { Count, Sha256Hex, Slug, Strict } from '../schema.ts';

/**
 * Says what became of a batch, to the agent's inbox. `committed` is sent only after COMMIT, and
 * only then may the agent drop the batch. `refused` means that sending it again is no use.
 */
export const Receipt = Strict({
  v: Type.Literal(1),
  agent: Slug,
  seq: Count,
  /** SHA-256 of the batch payload. */
  batch: Sha256Hex,
  status: Type.Enum(['committed', 'refused']),
  /** For `refused`: a stable code and a sentence. Empty for `committed`. */
  reason: Type.String({ maxLength: 300 }),
});
export type Receipt = Static<typeof Receipt>;

export const receiptParser = messageParserOf(Receipt);
