import Type, { type Static } from 'typebox';
import { Count, Nullable, Slug, Strict, Timestamp } from '../schema.ts';
import { HealthResource } from './network.ts';

/** The whole network in one answer, for consoles and commands. */
export const StatusResource = Strict({
  network: Slug,
  at: Timestamp,
  health: HealthResource,
  monitors: Strict({
    total: Count,
    paused: Count,
    /** Of any verdict. */
    inMaintenance: Count,
    /** By verdict; `pending` have not been judged yet. Paused ones are not among them. */
    up: Count,
    degraded: Count,
    partial: Count,
    down: Count,
    unknown: Count,
    pending: Count,
    /** Of any verdict: those that go down and up again and again. */
    flapping: Count,
    /** Of those that are up: shown as degraded, because answers are not as usual. */
    anomalous: Count,
  }),
  openIncidents: Count,
  regions: Strict({ total: Count, alive: Count, quarantined: Count, drained: Count }),
  agents: Strict({ total: Count, alive: Count, lost: Count }),
  keyring: Strict({ version: Count, expiresAt: Nullable(Type.String()) }),
});
export type StatusResource = Static<typeof StatusResource>;
