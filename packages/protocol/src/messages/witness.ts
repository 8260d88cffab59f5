import Type, { type Static } from 'typebox';
import { messageParserOf } from '../parse.ts';
import { Base64, Count, Nullable, Sha256Hex, Slug, Strict } from '../schema.ts';

const Note = Type.String({ maxLength: 65_536 });
/** A reply names so many; the rest are named in the next. */
const MAX_MISSING = 256;
const AuditPath = Type.Array(Base64, { maxItems: 63 });

/**
 * Asks an agent, as a witness, to cosign a checkpoint: C2SP tlog-witness carried over NATS, on
 * `tm.v1.witness.<agent>`. `batches` proves that the agent's own batches stand in the log.
 */
export const WitnessRequest = Strict({
  v: Type.Literal(1),
  /** The checkpoint, signed by the log. */
  note: Note,
  /** Size of the tree that the witness is thought to know. */
  oldSize: Count,
  /** Consistency proof from there to the checkpoint. */
  consistency: AuditPath,
  batches: Type.Array(
    Strict({
      /** Digest of the batch payload. */
      batch: Sha256Hex,
      index: Count,
      /** Audit path of the batch's leaf in the checkpoint's tree. */
      path: AuditPath,
    }),
    { maxItems: 4_096 },
  ),
});
export type WitnessRequest = Static<typeof WitnessRequest>;

/** A witness's answer, on `tm.v1.cosign.<agent>`. Statuses are those of tlog-witness over HTTP. */
export const WitnessReply = Strict({
  v: Type.Literal(1),
  agent: Slug,
  /** Size of the checkpoint that was asked about. */
  checkpoint: Count,
  status: Type.Enum([200, 400, 403, 404, 409, 422]),
  /** Size of the newest tree that the witness cosigned: where the next proof must start. */
  size: Count,
  /** Its signature line; null unless `status` is 200. */
  line: Nullable(Type.String({ maxLength: 1_024 })),
  reason: Type.String({ maxLength: 300 }),
  /** Batches with a receipt whose place in the log it waits to be shown, the oldest of them. */
  missing: Type.Array(Sha256Hex, { maxItems: MAX_MISSING }),
});
export type WitnessReply = Static<typeof WitnessReply>;

/** The newest checkpoint with enough cosignatures, told to all agents on `tm.v1.seen`. */
export const SeenNotice = Strict({ v: Type.Literal(1), note: Note });
export type SeenNotice = Static<typeof SeenNotice>;

export const witnessRequestParser = messageParserOf(WitnessRequest);
export const witnessReplyParser = messageParserOf(WitnessReply);
export const seenNoticeParser = messageParserOf(SeenNotice);
