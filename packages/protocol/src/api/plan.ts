/** Monitors as code over the API: a whole file in, what it changes out. */
import Type, { type Static } from 'typebox';
import { ChannelInput } from '../channel.ts';
import { MaintenanceInput } from '../maintenance.ts';
import { MonitorDefaults, MonitorInput } from '../monitor-input.ts';
import { RoutingInput } from '../routing.ts';
import { SloInput } from '../slo.ts';
import { Nullable, Slug, Strict } from '../schema.ts';

/** Who applies monitors as code, mostly the name of a repository: `acme/shop`. */
export const OwnerName = Type.String({
  pattern: '^[a-z0-9](?:[a-z0-9._/-]{0,98}[a-z0-9])?$',
  description: 'Name under which monitors are applied: of the repository that they stand in.',
  examples: ['acme/shop'],
});
export type OwnerName = Static<typeof OwnerName>;

/** For whoever applies monitors and gives no name. */
export const DEFAULT_OWNER: OwnerName = 'default';

export const PlanInput = Strict({
  owner: Type.Optional(OwnerName),
  prune: Type.Optional(
    Type.Boolean({
      description: 'Delete what this owner has applied before and is not here. Needs `owner`.',
    }),
  ),
  takeOver: Type.Optional(
    Type.Boolean({ description: 'Also write monitors that another owner has applied.' }),
  ),
  defaults: Type.Optional(MonitorDefaults),
  channels: Type.Optional(Type.Array(ChannelInput, { maxItems: 100 })),
  routing: Type.Optional(RoutingInput),
  slos: Type.Optional(
    Type.Array(SloInput, {
      maxItems: 1_000,
      description: 'Objectives about several monitors. Without it they are left as they are.',
    }),
  ),
  maintenance: Type.Optional(
    Type.Array(MaintenanceInput, {
      maxItems: 1_000,
      description: 'Windows of maintenance. Without it they are left as they are.',
    }),
  ),
  monitors: Type.Array(MonitorInput, { maxItems: 10_000 }),
});
export type PlanInput = Static<typeof PlanInput>;

export const MonitorChange = Strict({
  id: Slug,
  action: Type.Enum(['create', 'update', 'unchanged', 'delete']),
  /** Who had applied the monitor before; null for nobody. */
  previousOwner: Nullable(OwnerName),
});
export type MonitorChange = Static<typeof MonitorChange>;

export const SloChange = Strict({
  id: Slug,
  action: Type.Enum(['create', 'update', 'unchanged', 'delete']),
});
export type SloChange = Static<typeof SloChange>;

/** In the order of the file; what is deleted comes last, by id. */
export const PlanResult = Strict({
  owner: OwnerName,
  changes: Type.Array(MonitorChange),
  /** Absent where the plan says nothing of objectives. */
  slos: Type.Optional(Type.Array(SloChange)),
});
export type PlanResult = Static<typeof PlanResult>;
