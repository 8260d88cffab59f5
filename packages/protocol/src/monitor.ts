/** Monitors as the engine holds them; `monitor-input.ts` is what people write. */
import Type, { type Static } from 'typebox';
import { AnomalyPolicy } from './anomalies.ts';
import { CheckDefinition } from './check.ts';
import { DecisionPolicy } from './evidence/record.ts';
import { parserOf } from './parse.ts';
import { Nullable, Slug, Strict } from './schema.ts';
import { ServiceLevel } from './service-level.ts';

/** One revision of a monitor, complete: no default is left open. */
export const Monitor = Strict({
  id: Slug,
  name: Type.String({ minLength: 1, maxLength: 200 }),
  group: Nullable(Type.String({ maxLength: 200 })),
  labels: Type.Record(Type.String({ maxLength: 63 }), Type.String({ maxLength: 200 })),
  enabled: Type.Boolean(),
  intervalMs: Type.Integer({ minimum: 1_000, maximum: 86_400_000 }),
  /** `rotate`: one region per steady round. `all`: every region in every round. */
  mode: Type.Enum(['rotate', 'all']),
  /** Names or patterns (`eu-*`) of the regions to probe from. */
  regions: Type.Array(Type.String({ pattern: '^[a-z0-9*](?:[a-z0-9*-]{0,62})$' }), {
    minItems: 1,
    maxItems: 64,
  }),
  policy: DecisionPolicy,
  check: CheckDefinition,
  /** Whom to tell; null: every channel there is. */
  alerts: Nullable(
    Type.Array(
      Strict({
        notify: Slug,
        onResolve: Type.Boolean(),
        /** Told only while it is open and not acknowledged for so long; absent: at once. */
        afterMs: Type.Optional(Type.Integer({ minimum: 1, maximum: 604_800_000 })),
        /** Told again so often while it is open and not acknowledged; absent: never. */
        remindEveryMs: Type.Optional(Type.Integer({ minimum: 60_000, maximum: 604_800_000 })),
      }),
      { maxItems: 16 },
    ),
  ),
  /** Monitors without which this one cannot work; absent: none. */
  dependsOn: Type.Optional(Type.Array(Slug, { minItems: 1, maxItems: 32, uniqueItems: true })),
  runbook: Nullable(Type.String({ maxLength: 2_048 })),
  /** Absent: nothing is promised. */
  slo: Type.Optional(ServiceLevel),
  /** Absent for the defaults: `anomalyPolicyOf` knows them. */
  anomalies: Type.Optional(AnomalyPolicy),
});
export type Monitor = Static<typeof Monitor>;

export const monitorParser = parserOf(Monitor);
