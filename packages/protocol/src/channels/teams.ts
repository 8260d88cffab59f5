/** A workflow of Microsoft Teams that begins when a webhook request is received. */
import Type from 'typebox';
import { Slug, Strict } from '../schema.ts';
import { HTTP_URL, SecretRef, SecretText } from './common.ts';

const common = { id: Slug, type: Type.Literal('teams') };

/** Whoever knows the URL can write to the channel. */
export const TEAMS = {
  input: Strict({ ...common, url: SecretText(HTTP_URL) }),
  shown: Strict({ ...common, url: SecretRef }),
  secrets: ['url'],
} as const;
