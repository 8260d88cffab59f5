/** An objective as a person would have written it. */
import { formatDuration } from './duration.ts';
import { DEFAULT_WINDOW_MS, type ServiceLevel, type ServiceLevelInput } from './service-level.ts';
import type { Slo, SloInput } from './slo.ts';

/** The shortest input that completes to the same. */
export function writtenSlo({ id, name, selector, level, alerts }: Slo): SloInput {
  const told = alerts?.map(({ notify, onResolve }) =>
    onResolve ? { notify } : { notify, onResolve },
  );
  return {
    ...{ id, name, selector, ...writtenLevel(level) },
    ...(told === undefined ? {} : { alerts: told }),
  };
}

export function writtenLevel(level: ServiceLevel): ServiceLevelInput {
  const { target, windowMs, degraded, partial, latency } = level;
  return {
    target,
    ...(windowMs === DEFAULT_WINDOW_MS ? {} : { window: formatDuration(windowMs) }),
    ...(degraded === 'bad' ? { degraded } : {}),
    ...(partial === 'bad' ? { partial } : {}),
    ...(latency === null
      ? {}
      : {
          latency: { threshold: formatDuration(latency.thresholdMs), target: latency.target },
        }),
  };
}
