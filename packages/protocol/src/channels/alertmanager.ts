/** An Alertmanager of Prometheus, for those who route there already. */
import Type from 'typebox';
import { Slug, Strict } from '../schema.ts';
import { Line, PublicUrl, SecretRef, SecretText } from './common.ts';

const common = {
  id: Slug,
  type: Type.Literal('alertmanager'),
  /** What `/api/v2/alerts` comes after. */
  url: PublicUrl,
  /** Added to those of every alert, for routing. */
  labels: Type.Optional(
    Type.Record(Type.String({ pattern: '^[A-Za-z_][A-Za-z0-9_]{0,99}$' }), Line(200)),
  ),
  /** With `password`: basic authentication. */
  username: Type.Optional(Type.String({ pattern: '^[^\\x00-\\x1f\\x7f:]{1,256}$' })),
};

export const ALERTMANAGER = {
  input: Strict({
    ...common,
    password: Type.Optional(SecretText()),
    /** Sent as a bearer token. */
    token: Type.Optional(SecretText({ pattern: '^[\\x21-\\x7e]{1,2000}$' })),
  }),
  shown: Strict({
    ...common,
    password: Type.Optional(SecretRef),
    token: Type.Optional(SecretRef),
  }),
  secrets: ['password', 'token'],
} as const;
