/** Notification channels: where messages go. */
import Type, { type Static } from 'typebox';
import { parserOf } from './parse.ts';
import { Slug, Strict } from './schema.ts';

export const Channel = Strict({
  id: Slug,
  type: Type.Literal('webhook'),
  url: Type.String({ pattern: '^https?://', maxLength: 2_048 }),
});
export type Channel = Static<typeof Channel>;

export const channelParser = parserOf(Channel);
