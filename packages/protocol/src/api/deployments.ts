/** Deployments, and the DORA metrics made of them. */
import Type, { type Static } from 'typebox';
import { DeployedVersion } from '../evidence/gate.ts';
import { Count, Millis, Nullable, Slug, Strict, Timestamp, Uuid7 } from '../schema.ts';
import { ServiceName } from '../service.ts';

/** RFC 3339 with any offset, as `git show -s --format=%cI` prints it. */
const AnyInstant = (description: string) =>
  Type.String({
    pattern: '^\\d{4}-\\d{2}-\\d{2}T\\d{2}:\\d{2}:\\d{2}(?:\\.\\d{1,9})?(?:Z|[+-]\\d{2}:\\d{2})$',
    description,
    examples: ['2026-01-31T12:00:00.000Z'],
  });

/** `failed`: it never came into service. `rolled_back`: it did, and was taken back. */
export const DeploymentOutcome = Type.Enum(['succeeded', 'failed', 'rolled_back']);
export type DeploymentOutcome = Static<typeof DeploymentOutcome>;

export const DeploymentInput = Strict({
  service: ServiceName,
  version: DeployedVersion,
  committedAt: Type.Optional(
    AnyInstant('When the change was committed: the oldest commit of the deployment, say.'),
  ),
  deployedAt: Type.Optional(AnyInstant('When it was in service; now, if not given.')),
  outcome: Type.Optional(
    Type.Enum(['succeeded', 'failed', 'rolled_back'], {
      description: '`succeeded`, if not given.',
    }),
  ),
});
export type DeploymentInput = Static<typeof DeploymentInput>;

export const DeploymentResource = Strict({
  id: Uuid7,
  service: ServiceName,
  version: DeployedVersion,
  committedAt: Nullable(Timestamp),
  deployedAt: Timestamp,
  outcome: DeploymentOutcome,
  createdAt: Timestamp,
  createdBy: Type.String(),
});
export type DeploymentResource = Static<typeof DeploymentResource>;

/** A figure with what it means and how much it rests on. */
const Measure = <U extends string>(unit: U) =>
  Strict({
    /** Null where there is too little to say anything; `reason` says what is missing. */
    value: Nullable(Type.Number()),
    unit: Type.Literal(unit),
    /** How many deployments or incidents it is made of. */
    n: Count,
    reason: Nullable(Type.String()),
    definition: Type.String(),
  });

export const DoraMetrics = Strict({
  service: ServiceName,
  from: Timestamp,
  to: Timestamp,
  /** An incident that opens within it after a deployment counts as that deployment's. */
  windowMs: Millis,
  monitors: Type.Array(Slug),
  deploymentFrequency: Measure('per_day'),
  leadTime: Measure('ms'),
  changeFailureRate: Measure('ratio'),
  /** From the incidents of failed deployments alone. */
  failedDeploymentRecovery: Measure('ms'),
  /** From all incidents of the service. */
  timeToRestore: Measure('ms'),
  /** Deployments of the period that failed, newest first; at most 100. */
  failures: Type.Array(
    Strict({
      deployment: Uuid7,
      version: DeployedVersion,
      deployedAt: Timestamp,
      outcome: DeploymentOutcome,
      /** The first incident that followed it; null where its outcome alone says that it failed. */
      incident: Nullable(Uuid7),
    }),
  ),
});
export type DoraMetrics = Static<typeof DoraMetrics>;
