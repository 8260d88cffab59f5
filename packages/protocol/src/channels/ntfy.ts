/** A topic of ntfy. */
import Type from 'typebox';
import { Slug, Strict } from '../schema.ts';
import { PublicUrl, SecretRef, SecretText } from './common.ts';

const common = {
  id: Slug,
  type: Type.Literal('ntfy'),
  /** Of a server of one's own; `https://ntfy.sh` by default. */
  url: Type.Optional(PublicUrl),
};

/** Where nobody asks for a token, whoever knows the topic reads it and writes to it. */
export const NTFY = {
  input: Strict({
    ...common,
    topic: SecretText({ pattern: '^[A-Za-z0-9_-]{1,64}$' }),
    token: Type.Optional(SecretText({ pattern: '^[\\x21-\\x7e]{1,200}$' })),
  }),
  shown: Strict({ ...common, topic: SecretRef, token: Type.Optional(SecretRef) }),
  secrets: ['topic', 'token'],
} as const;
