/** Which monitors do not answer as they usually do, as far as this coordinator decides about them. */
import { summariesOf, type LatencyState, type ShapeState } from '@trustmonitor/alerting';
import type { AnomalyKind } from '@trustmonitor/protocol';
import type { Watched } from '../watch-list.ts';
import type { Family, Sample } from './exposition.ts';

export interface Followed {
  /** Null of what is not followed. */
  latencyOf(id: string): LatencyState | null;
  shapeOf(id: string): ShapeState | null;
}

export function anomalyFamilies(shown: readonly Watched[], followed: Followed): Family[] {
  const known = shown.flatMap(({ definition: { id } }) => {
    const latency = followed.latencyOf(id);
    return latency === null ? [] : [{ id, latency }];
  });
  return [
    {
      name: 'trustmonitor_monitor_anomalous',
      type: 'gauge',
      help: 'Whether answers are right and not as they usually are.',
      samples: [
        ...known.map(({ id, latency }) => anomalousSample(id, 'latency', latency)),
        ...shown.flatMap(({ definition: { id } }) => {
          const shape = followed.shapeOf(id);
          return shape === null ? [] : [anomalousSample(id, 'shape', shape)];
        }),
      ],
    },
    {
      name: 'trustmonitor_monitor_latency_z',
      type: 'gauge',
      help: 'Standard deviations of the newest latency above what is usual, by region.',
      samples: known.flatMap(zSamples),
    },
  ];
}

function anomalousSample(
  monitor: string,
  kind: AnomalyKind,
  { isAnomalous }: LatencyState | ShapeState,
): Sample {
  return { labels: { monitor, kind }, value: Number(isAnomalous) };
}

function zSamples({ id, latency }: { id: string; latency: LatencyState }): Sample[] {
  return summariesOf(latency, 0).flatMap(({ region, z }) =>
    z === null ? [] : [{ labels: { monitor: id, region }, value: z }],
  );
}
