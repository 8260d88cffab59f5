import Type, { type Static } from 'typebox';
import { Strict, Timestamp } from '../schema.ts';

/** A head of the log that enough witnesses have cosigned. */
export const CheckpointResource = Strict({
  /** Leaves of the tree. */
  size: Type.Integer({ minimum: 0 }),
  /** When the log signed it. */
  signedAt: Timestamp,
  /** When as many witnesses as the policy asks for had answered. */
  cosignedAt: Timestamp,
  /** Who cosigned it and when, to the second; as the note says, which has the signatures. */
  cosignatures: Type.Array(
    Strict({ witness: Type.String({ examples: ['example/eu-west-1'] }), at: Timestamp }),
  ),
  /** As it was published: a signed note. */
  note: Type.String({
    examples: ['trustmonitor/example/log\n18\nAAAA...=\n\n— trustmonitor/example/log BBBB...=\n'],
  }),
});
export type CheckpointResource = Static<typeof CheckpointResource>;
