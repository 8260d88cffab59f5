/** A chat of Telegram, written to by a bot. */
import Type from 'typebox';
import { Slug, Strict } from '../schema.ts';
import { PublicUrl, SecretRef, SecretText } from './common.ts';

const common = {
  id: Slug,
  type: Type.Literal('telegram'),
  chatId: Type.String({
    pattern: '^(?:-?\\d{1,20}|@[A-Za-z0-9_]{4,64})$',
    description: 'Number of the chat, or @name of a public channel.',
  }),
  /** A topic of the chat. */
  threadId: Type.Optional(Type.Integer({ minimum: 1 })),
  /** Of a Bot API server of one's own. */
  apiUrl: Type.Optional(PublicUrl),
};

export const TELEGRAM = {
  input: Strict({
    ...common,
    botToken: SecretText({ pattern: '^\\d{1,20}:[A-Za-z0-9_-]{20,100}$' }),
  }),
  shown: Strict({ ...common, botToken: SecretRef }),
  secrets: ['botToken'],
} as const;
