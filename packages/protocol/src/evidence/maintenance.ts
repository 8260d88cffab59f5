import Type, { type Static } from 'typebox';
import { MaintenanceEffect } from '../maintenance.ts';
import { Nullable, Sha256Hex, Slug, Strict, Timestamp, Uuid7 } from '../schema.ts';
import { Selector } from '../selector.ts';
import { STATEMENT_TYPE } from './record.ts';

export const MAINTENANCE_PREDICATE_TYPE = 'https://trustmonitor.dev/predicates/maintenance/v1';

/** As many monitors as a window may be about. */
export const MAX_MAINTAINED = 10_000;

/**
 * One occurrence of a window, announced. `plan` says when it is and whom it is about, and nothing
 * of that changes any more; `end` may only bring its end forward, to its start if it is called off.
 */
export const MaintenancePredicate = Strict({
  network: Slug,
  window: Slug,
  occurrence: Uuid7,
  step: Type.Enum(['plan', 'end']),
  /** SHA-256 of the plan's payload; null for the plan itself. */
  previous: Nullable(Sha256Hex),
  startsAt: Timestamp,
  endsAt: Timestamp,
  /** What was asked for, and the monitors that it came to when this was signed: those are bound. */
  selector: Selector,
  monitors: Type.Array(Slug, { maxItems: MAX_MAINTAINED }),
  reason: Type.String({ minLength: 1, maxLength: 500 }),
  uptime: MaintenanceEffect,
  recordedAt: Timestamp,
  keyring: Strict({
    version: Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER }),
    digest: Sha256Hex,
  }),
});
export type MaintenancePredicate = Static<typeof MaintenancePredicate>;

/** in-toto Statement v1. The subject is the occurrence: SHA-256 of its id as text. */
export const MaintenanceStatement = Strict({
  _type: Type.Literal(STATEMENT_TYPE),
  subject: Type.Array(Strict({ name: Slug, digest: Strict({ sha256: Sha256Hex }) }), {
    minItems: 1,
    maxItems: 1,
  }),
  predicateType: Type.Literal(MAINTENANCE_PREDICATE_TYPE),
  predicate: MaintenancePredicate,
});
export type MaintenanceStatement = Static<typeof MaintenanceStatement>;
