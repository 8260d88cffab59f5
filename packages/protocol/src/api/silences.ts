import Type, { type Static } from 'typebox';
import { Nullable, Strict, Timestamp, Uuid7 } from '../schema.ts';
import { Selector } from '../selector.ts';

export const SilenceInput = Strict({
  /** The monitors that it is for; `{}`: all of them. */
  match: Selector,
  from: Type.Optional(Type.Union([Timestamp], { description: 'At once, where it is left out.' })),
  until: Timestamp,
  reason: Type.String({ minLength: 1, maxLength: 1_000 }),
});
export type SilenceInput = Static<typeof SilenceInput>;

/** Alerts that nobody is told of for a time. */
export const SilenceResource = Strict({
  id: Uuid7,
  match: Selector,
  state: Type.Enum(['pending', 'active', 'ended']),
  from: Timestamp,
  until: Timestamp,
  reason: Type.String(),
  createdAt: Timestamp,
  createdBy: Type.String(),
  /** By hand, before its time. */
  endedAt: Nullable(Timestamp),
  endedBy: Nullable(Type.String()),
});
export type SilenceResource = Static<typeof SilenceResource>;
