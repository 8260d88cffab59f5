import Type, { type Static } from 'typebox';

/** What one voting group says in one round. Silence is `abstain`, never `down`. */
export const Vote = Type.Enum(['up', 'down', 'abstain']);
export type Vote = Static<typeof Vote>;

/** What a round decided. */
export const Verdict = Type.Enum(['up', 'degraded', 'partial', 'down', 'unknown']);
export type Verdict = Static<typeof Verdict>;
