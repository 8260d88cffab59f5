/** Assertions: what an answer must be, parsed once when the monitor is written. */
import Type, { type Static } from 'typebox';
import { TrustMonitorError } from './errors.ts';
import { Strict } from './schema.ts';

export const Comparison = Type.Enum(['==', '!=', '<', '<=', '>', '>=']);

export const Assertion = Type.Union([
  Strict({ subject: Type.Literal('status'), op: Comparison, value: Type.Integer() }),
  Strict({ subject: Type.Literal('latency'), op: Comparison, value: Type.Integer() }),
  Strict({
    subject: Type.Literal('body'),
    op: Type.Literal('contains'),
    value: Type.String({ maxLength: 4_096 }),
  }),
]);
export type Assertion = Static<typeof Assertion>;

export function parseAssertion(text: string, where?: string): Assertion {
  throw new TrustMonitorError('assertion.invalid', `"${text}" is not an assertion`, { where });
}
