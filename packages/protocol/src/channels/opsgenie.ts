/** An API integration of Opsgenie. */
import Type from 'typebox';
import { Slug, Strict } from '../schema.ts';
import { Line, PublicUrl, SecretRef, SecretText } from './common.ts';

const common = {
  id: Slug,
  type: Type.Literal('opsgenie'),
  /** Of another region: `https://api.eu.opsgenie.com`. */
  apiUrl: Type.Optional(PublicUrl),
  tags: Type.Optional(Type.Array(Line(50), { maxItems: 20 })),
};

export const OPSGENIE = {
  input: Strict({ ...common, apiKey: SecretText({ pattern: '^[A-Za-z0-9-]{8,100}$' }) }),
  shown: Strict({ ...common, apiKey: SecretRef }),
  secrets: ['apiKey'],
} as const;
