/** One lane a region and one for the quorum, on one time axis. */
import type { MonitorResource, Uptime } from '@trustmonitor/protocol';
import { useMemo } from 'react';
import { useBars } from '../api/history.ts';
import { useRegions } from '../api/regions.ts';
import { useResource } from '../api/resource.ts';
import type { Cell, RangeName } from '../model/bars.ts';
import { regionsOf } from '../model/regions.ts';
import { duration, latency, percent } from '../model/words.ts';
import { BarLegend, TimeAxis, TimeBars } from '../parts/time-bars.tsx';

interface LanesProps {
  readonly monitor: MonitorResource;
  readonly range: RangeName;
}

export function MonitorLanes({ monitor, range }: LanesProps) {
  const regions = useRegions();
  const asked = useMemo(() => regionsOf(monitor.regions, regions), [monitor.regions, regions]);
  const { grid, bars } = useBars(monitor, range, { asked });
  return (
    <>
      <div className="lanes">
        <Lane name="Quorum" cells={bars.quorum} isQuorum />
        {bars.regions.map(({ region, cells }) => (
          <Lane key={region} name={region} cells={cells} />
        ))}
        <div className="axis">
          <TimeAxis {...grid} />
        </div>
      </div>
      <UptimeFigures id={monitor.id} />
      <BarLegend />
    </>
  );
}

interface LaneProps {
  readonly name: string;
  readonly cells: readonly Cell[];
  readonly isQuorum?: boolean;
}

function Lane({ name, cells, isQuorum = false }: LaneProps) {
  const known = cells.filter(({ state }) => state !== null);
  const up = known.filter(({ state }) => state === 'up' || state === 'degraded').length;
  return (
    <div className={isQuorum ? 'lane quorum' : 'lane'}>
      <span className="who">{name}</span>
      <div className="bar-cell">
        <TimeBars label={name} cells={cells} />
      </div>
      <span className="figure">
        {known.length === 0 ? 'no data' : `${up} of ${known.length} up`}
      </span>
    </div>
  );
}

const WINDOWS = ['24h', '7d', '30d', '90d'] as const;

function UptimeFigures({ id }: { readonly id: string }) {
  return (
    <dl className="figures">
      {WINDOWS.map((window) => (
        <UptimeFigure key={window} id={id} window={window} />
      ))}
    </dl>
  );
}

const WINDOW_MS = {
  '24h': 86_400_000,
  '7d': 604_800_000,
  '30d': 2_592_000_000,
  '90d': 7_776_000_000,
};

/** A figure for a month that rests on an hour says so. */
function UptimeFigure({
  id,
  window,
}: {
  readonly id: string;
  readonly window: (typeof WINDOWS)[number];
}) {
  const path = `/v1/monitors/${encodeURIComponent(id)}/uptime?window=${window}`;
  const { data } = useResource<Uptime>(path, { everyMs: 60_000 });
  const quorum = data?.quorum ?? null;
  const isShort = quorum !== null && quorum.measuredMs < WINDOW_MS[window] * 0.9;
  return (
    <div>
      <dt>Uptime {window}</dt>
      <dd>{percent(quorum?.uptime ?? null)}</dd>
      <dd className="basis">
        {quorum === null
          ? 'nothing measured yet'
          : isShort
            ? `measured over ${duration(quorum.measuredMs)}`
            : `p50 ${latency(quorum.latency?.p50Us ?? null)}`}
      </dd>
    </div>
  );
}
