import Type, { type Static } from 'typebox';
import { Millis, Strict } from '../schema.ts';
import { CheckCommon } from './common.ts';
import { DurationInput, misfit, durationAt, type TargetInput } from './input.ts';

/** Nothing is probed: the job reports in, and it is the coordinator that sees it is late. */
export const HeartbeatCheck = Strict({
  type: Type.Literal('heartbeat'),
  ...CheckCommon,
  heartbeat: Strict({
    /** A report is due this long after the one before. */
    periodMs: Millis,
    /** How much later still it may come. */
    graceMs: Millis,
  }),
});
export type HeartbeatCheck = Static<typeof HeartbeatCheck>;

export const HeartbeatInput = Strict({
  period: DurationInput,
  grace: Type.Optional(DurationInput),
});
export type HeartbeatInput = Static<typeof HeartbeatInput>;

export function completeHeartbeat(
  target: TargetInput,
  input: HeartbeatInput | undefined,
  common: CheckCommon,
): HeartbeatCheck {
  for (const key of ['url', 'host', 'port'] as const) {
    if (target[key] !== undefined) throw misfit(`/${key}`, 'is not used by heartbeat');
  }
  if (input === undefined) throw misfit('/heartbeat', 'is required: say its `period`');
  const periodMs = durationAt(input.period, 0, '/heartbeat/period');
  if (periodMs < 1_000) throw misfit('/heartbeat/period', 'must be at least 1s');
  // A tenth of the period, at least a minute: cron jobs start and finish unevenly.
  const graceMs = Math.max(60_000, Math.round(periodMs / 10));
  return {
    type: 'heartbeat',
    ...common,
    heartbeat: { periodMs, graceMs: durationAt(input.grace, graceMs, '/heartbeat/grace') },
  };
}
