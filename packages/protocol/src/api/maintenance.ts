import Type, { type Static } from 'typebox';
import { MaintenanceWindow } from '../maintenance.ts';
import { Nullable, Sha256Hex, Slug, Strict, Timestamp, Uuid7 } from '../schema.ts';
import { OwnerName } from './plan.ts';

/** One occurrence, as it was announced in the log. */
const OccurrenceResource = Strict({
  id: Uuid7,
  startsAt: Timestamp,
  /** The same as `startsAt` for one that was called off. */
  endsAt: Timestamp,
  /** When it was announced. */
  announcedAt: Timestamp,
  /** How many monitors the announcement binds. */
  monitors: Type.Integer({ minimum: 0 }),
  /** SHA-256 of its plan and, where it was ended early, of its end: `/log/payload/DIGEST`. */
  statements: Type.Array(Sha256Hex, { minItems: 1, maxItems: 2 }),
});

/** A window of maintenance as the API shows it. */
export const MaintenanceResource = Strict({
  ...MaintenanceWindow.properties,
  owner: Nullable(OwnerName),
  state: Type.Enum(['planned', 'running', 'over']),
  /** The newest that were announced, in order of time. */
  occurrences: Type.Array(OccurrenceResource),
  /** When it begins next; null while nothing is to come. */
  nextAt: Nullable(Timestamp),
  createdAt: Timestamp,
});
export type MaintenanceResource = Static<typeof MaintenanceResource>;

/** What a monitor is in while its failures are told to nobody. */
export const InMaintenanceResource = Strict({
  window: Slug,
  until: Timestamp,
  reason: Type.String(),
});
