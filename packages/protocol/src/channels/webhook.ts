/** Any HTTP receiver, with the headers of Standard Webhooks. */
import Type from 'typebox';
import { Slug, Strict } from '../schema.ts';
import { PublicUrl, SecretRef, SecretText } from './common.ts';

const common = { id: Slug, type: Type.Literal('webhook'), url: PublicUrl };

/** `whsec_` of 24 to 64 bytes, or `whsk_` of an Ed25519 seed (32 bytes) or key pair (64 bytes). */
const SigningSecret = SecretText({
  pattern: '^(?:whsec_[A-Za-z0-9+/]{32,86}={0,2}|whsk_(?:[A-Za-z0-9+/]{43}=|[A-Za-z0-9+/]{86}==))$',
});

/** More than one only while a secret is replaced: each signs. */
const MANY = { minItems: 1, maxItems: 5 };

export const WEBHOOK = {
  input: Strict({ ...common, secrets: Type.Optional(Type.Array(SigningSecret, MANY)) }),
  shown: Strict({ ...common, secrets: Type.Optional(Type.Array(SecretRef, MANY)) }),
  secrets: ['secrets'],
} as const;
