/** Drains: an operator takes a region, or one agent, out of the rounds for planned work. */
import Type, { type Static } from 'typebox';
import { Strict, Timestamp } from '../schema.ts';

const Reason = Type.String({ maxLength: 300, examples: ['kernel updates'] });

export const DrainInput = Strict({
  /** For whoever looks at it meanwhile. */
  reason: Type.Optional(Reason),
  /** Also where those who are left could not judge everything: what they cannot judge is `unknown`. */
  force: Type.Optional(Type.Boolean()),
});
export type DrainInput = Static<typeof DrainInput>;

export const DrainResource = Strict({
  since: Timestamp,
  /** Who has drained it: the name of a token or of a person. */
  by: Type.String(),
  /** Empty where none was given. */
  reason: Reason,
});
export type DrainResource = Static<typeof DrainResource>;

export const AgentDrainResource = Strict({
  ...DrainResource.properties,
  /**
   * Whether the agent has said that it takes no jobs. One that is not connected, or of a release that
   * knows nothing of drains, has not.
   */
  confirmed: Type.Boolean(),
});
export type AgentDrainResource = Static<typeof AgentDrainResource>;
