/** What a monitor says about anomalies: answers that are right, and not as they usually are. */
import Type, { type Static } from 'typebox';
import type { AnomalyKind } from './api/anomalies.ts';
import { misfit } from './checks/input.ts';
import { Strict } from './schema.ts';

/** `off`: nothing is learnt. `show`: seen in the API and in metrics. `alert`: people are told too. */
const AnomalyMode = Type.Enum(['off', 'show', 'alert']);
const Z = Type.Number({ minimum: 1, maximum: 100 });
const Times = Type.Number({ minimum: 1.1, maximum: 1_000 });
const Rounds = Type.Integer({ minimum: 1, maximum: 100 });

export const AnomalyPolicy = Strict({
  mode: AnomalyMode,
  /** Standard deviations above what is usual. */
  z: Z,
  /** Times the mean. */
  times: Times,
  /** Rounds that must show it. */
  rounds: Rounds,
  /** The same for the form of answers; absent: as `mode` says. */
  shape: Type.Optional(AnomalyMode),
});
export type AnomalyPolicy = Static<typeof AnomalyPolicy>;

export const AnomaliesInput = Type.Union(
  [
    AnomalyMode,
    Strict({
      mode: Type.Optional(AnomalyMode),
      z: Type.Optional(Z),
      times: Type.Optional(Times),
      rounds: Type.Optional(Rounds),
      shape: Type.Optional(AnomalyMode),
    }),
  ],
  { description: 'What to do with answers that are not as usual; see docs/anomalies.md.' },
);
export type AnomaliesInput = Static<typeof AnomaliesInput>;

const DEFAULTS: AnomalyPolicy = { mode: 'show', z: 3, times: 5, rounds: 3 };

/** The policy of a monitor; one that says nothing has the defaults, as those written before it. */
export function anomalyPolicyOf(monitor: {
  readonly anomalies?: AnomalyPolicy | undefined;
}): AnomalyPolicy {
  return monitor.anomalies ?? DEFAULTS;
}

export function anomalyModeOf(
  monitor: Parameters<typeof anomalyPolicyOf>[0],
  kind: AnomalyKind,
): AnomalyPolicy['mode'] {
  const { mode, shape } = anomalyPolicyOf(monitor);
  return kind === 'shape' ? (shape ?? mode) : mode;
}

/** Absent where it is the default, so that a monitor is what it was before there was such a field. */
export function completeAnomalies(input: AnomaliesInput | undefined): {
  anomalies?: AnomalyPolicy;
} {
  const given = typeof input === 'string' ? { mode: input } : (input ?? {});
  const policy = { ...DEFAULTS, ...given };
  // What is said twice is not kept.
  const { shape, ...others } = policy;
  const complete = shape === undefined || shape === policy.mode ? others : policy;
  const isDefault =
    complete === others &&
    Object.entries(DEFAULTS).every(
      ([name, value]) => others[name as keyof typeof others] === value,
    );
  return isDefault ? {} : { anomalies: complete };
}

/** Nothing of a job that reports in is measured. */
export function refuseAnomalies(type: string | undefined, given: unknown): void {
  if (type === 'heartbeat' && given !== undefined) {
    throw misfit('/anomalies', 'is not used by heartbeat');
  }
}
