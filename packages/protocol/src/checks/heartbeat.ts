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

/** A yearly job fits; a sum of two of these is still a date. */
const MAX_MS = 400 * 86_400_000;

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
  if (periodMs > MAX_MS) throw misfit('/heartbeat/period', 'must be at most 400d');
  // A tenth of the period, at least a minute: cron jobs start and finish unevenly.
  const usualMs = Math.max(60_000, Math.round(periodMs / 10));
  const graceMs = durationAt(input.grace, usualMs, '/heartbeat/grace');
  if (graceMs > MAX_MS) throw misfit('/heartbeat/grace', 'must be at most 400d');
  return { type: 'heartbeat', ...common, heartbeat: { periodMs, graceMs } };
}
