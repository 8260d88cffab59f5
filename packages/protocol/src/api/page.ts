import Type, { type TSchema } from 'typebox';
import { Nullable, Strict } from '../schema.ts';

/** A list: one page of it, and where the next begins. */
export const PageOf = <T extends TSchema>(item: T) =>
  Strict({ data: Type.Array(item), nextCursor: Nullable(Type.String()) });

export const PageQuery = Strict({
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 200 })),
  cursor: Type.Optional(Type.String({ maxLength: 200 })),
});
