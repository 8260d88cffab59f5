/** Service level objectives, as people write them and as they are held. */
import Type, { type Static } from 'typebox';
import { DurationInput, misfit } from './checks/input.ts';
import { parseDuration } from './duration.ts';
import { Nullable, Strict } from './schema.ts';

/** A target below this is a share written in place of a percentage: `0.999`. */
const LEAST_PERCENT = 50;
const MOST_PERCENT = 99.9999;

const Percent = Type.Number({ minimum: LEAST_PERCENT, maximum: MOST_PERCENT });

const PercentInput = Type.Union(
  [Percent, Type.String({ pattern: '^\\d{2}(?:\\.\\d{1,4})? ?%$', maxLength: 16 })],
  { description: 'Per cent, from 50 to 99.9999: 99.9 or "99.9%".' },
);

const CountsAs = Type.Enum(['good', 'bad']);

export const ServiceLevelInput = Strict({
  target: PercentInput,
  window: Type.Optional(DurationInput),
  degraded: Type.Optional(CountsAs),
  partial: Type.Optional(CountsAs),
  latency: Type.Optional(Strict({ threshold: DurationInput, target: PercentInput })),
});
export type ServiceLevelInput = Static<typeof ServiceLevelInput>;

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
export const DEFAULT_WINDOW_MS = 30 * DAY_MS;

/** What is promised: of the time, and of the answers. */
export const ServiceLevel = Strict({
  /** Of the time that was measured, the share that has to be good; per cent. */
  target: Percent,
  /** The rolling time that it is about. */
  windowMs: Type.Integer({ minimum: DAY_MS, maximum: 90 * DAY_MS }),
  /** What time with these verdicts counts as; `up` is good, `down` bad, `unknown` neither. */
  degraded: CountsAs,
  partial: CountsAs,
  /** Of the good answers, the share that has to come within the threshold; null: all the same. */
  latency: Nullable(
    Strict({ thresholdMs: Type.Integer({ minimum: 1, maximum: 600_000 }), target: Percent }),
  ),
});
export type ServiceLevel = Static<typeof ServiceLevel>;

/** `pointer`: where the input stands. */
export function completeServiceLevel(input: ServiceLevelInput, pointer: string): ServiceLevel {
  const { latency } = input;
  return {
    target: percentAt(input.target, `${pointer}/target`),
    windowMs: windowAt(input.window, `${pointer}/window`),
    degraded: input.degraded ?? 'good',
    partial: input.partial ?? 'good',
    latency:
      latency === undefined
        ? null
        : {
            thresholdMs: thresholdAt(latency.threshold, `${pointer}/latency/threshold`),
            target: percentAt(latency.target, `${pointer}/latency/target`),
          },
  };
}

function percentAt(input: string | number, pointer: string): number {
  const percent = typeof input === 'number' ? input : Number.parseFloat(input);
  if (percent >= LEAST_PERCENT && percent <= MOST_PERCENT) return percent;
  throw misfit(pointer, `must be per cent, from ${LEAST_PERCENT} to ${MOST_PERCENT}`);
}

function windowAt(input: string | number | undefined, pointer: string): number {
  const windowMs = input === undefined ? DEFAULT_WINDOW_MS : parseDuration(input, pointer);
  if (windowMs < DAY_MS || windowMs > 90 * DAY_MS || windowMs % HOUR_MS !== 0) {
    throw misfit(pointer, 'must be whole hours, from 1d to 90d');
  }
  return windowMs;
}

function thresholdAt(input: string | number, pointer: string): number {
  const thresholdMs = parseDuration(input, pointer);
  if (thresholdMs < 1 || thresholdMs > 600_000) throw misfit(pointer, 'must be from 1ms to 10m');
  return thresholdMs;
}
