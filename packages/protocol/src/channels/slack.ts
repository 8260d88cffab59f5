/** An incoming webhook of Slack, or of what takes the same (Mattermost, Rocket.Chat). */
import Type from 'typebox';
import { Slug, Strict } from '../schema.ts';
import { HTTP_URL, SecretRef, SecretText } from './common.ts';

const common = { id: Slug, type: Type.Literal('slack') };

/** Whoever knows the URL can write to the channel. */
export const SLACK = {
  input: Strict({ ...common, url: SecretText(HTTP_URL) }),
  shown: Strict({ ...common, url: SecretRef }),
  secrets: ['url'],
} as const;
