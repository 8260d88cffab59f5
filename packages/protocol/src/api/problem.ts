import Type, { type Static } from 'typebox';
import { parserOf } from '../parse.ts';

/** RFC 9457 problem details, as every error of the API is answered. */
export const Problem = Type.Object({
  /** Link to the documentation of the code. */
  type: Type.String(),
  title: Type.String(),
  status: Type.Integer(),
  detail: Type.String(),
  /** Stable; one of the error catalogue. */
  code: Type.String(),
  hint: Type.Optional(Type.String()),
  errors: Type.Array(Type.Object({ pointer: Type.String(), detail: Type.String() })),
  requestId: Type.String(),
});
export type Problem = Static<typeof Problem>;

export const problemParser = parserOf(Problem);
