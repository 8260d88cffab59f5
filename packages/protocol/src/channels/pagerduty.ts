/** A service of PagerDuty with an Events API v2 integration. */
import Type from 'typebox';
import { Slug, Strict } from '../schema.ts';
import { PublicUrl, SecretRef, SecretText } from './common.ts';

const common = {
  id: Slug,
  type: Type.Literal('pagerduty'),
  /** Of another service region: `https://events.eu.pagerduty.com`. */
  apiUrl: Type.Optional(PublicUrl),
};

export const PAGERDUTY = {
  input: Strict({ ...common, routingKey: SecretText({ pattern: '^[A-Za-z0-9]{32}$' }) }),
  shown: Strict({ ...common, routingKey: SecretRef }),
  secrets: ['routingKey'],
} as const;
