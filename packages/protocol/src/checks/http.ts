import Type, { type Static } from 'typebox';
import { Strict, Nullable } from '../schema.ts';
import { CheckCommon } from './common.ts';

/** HTTP or HTTPS request; `url` says which. */
export const HttpCheck = Strict({
  type: Type.Literal('http'),
  url: Type.String({ pattern: '^https?://', maxLength: 2_048 }),
  ...CheckCommon,
  http: Strict({
    method: Type.Enum(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']),
    /** Names in lower case. */
    headers: Type.Record(
      Type.String({ pattern: "^[a-z0-9!#$%&'*+.^_`|~-]{1,128}$" }),
      Type.String({ maxLength: 4_096 }),
    ),
    body: Nullable(Type.String({ maxLength: 65_536 })),
    followRedirects: Type.Boolean(),
    maxRedirects: Type.Integer({ minimum: 0, maximum: 20 }),
  }),
});
export type HttpCheck = Static<typeof HttpCheck>;
