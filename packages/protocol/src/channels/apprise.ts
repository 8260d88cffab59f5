/** An Apprise API server, for receivers that have no kind of their own. */
import Type from 'typebox';
import { Slug, Strict } from '../schema.ts';
import { Line, PublicUrl, SecretRef, SecretText } from './common.ts';

const common = {
  id: Slug,
  type: Type.Literal('apprise'),
  /** What `/notify` comes after. */
  url: PublicUrl,
  /** Of the stored addresses of `key`: those that are meant. */
  tag: Type.Optional(Line(200)),
};

const MANY = { minItems: 1, maxItems: 20 };

/** Either the key of addresses that the server stores, or the addresses. */
export const APPRISE = {
  input: Strict({
    ...common,
    key: Type.Optional(SecretText({ pattern: '^[\\w-]{1,128}$' })),
    urls: Type.Optional(Type.Array(SecretText(), MANY)),
  }),
  shown: Strict({
    ...common,
    key: Type.Optional(SecretRef),
    urls: Type.Optional(Type.Array(SecretRef, MANY)),
  }),
  secrets: ['key', 'urls'],
} as const;
