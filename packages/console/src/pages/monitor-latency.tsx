/** Latency over time and by region; the plotter is loaded when it is looked at. */
import type { History } from '@trustmonitor/protocol';
import { useEffect, useRef, useState } from 'react';
import { useResource } from '../api/resource.ts';
import { RANGES, gridOf, type RangeName } from '../model/bars.ts';
import { latencySeries, latencyTable, type Quantile } from '../model/latency.ts';
import { latency } from '../model/words.ts';
import { Choice, Empty, Section } from '../parts/basics.tsx';
import { useNow } from '../parts/time.tsx';

interface LatencyProps {
  readonly id: string;
  readonly range: RangeName;
}

const QUANTILES: readonly (readonly [Quantile, string])[] = [
  ['p50Us', 'p50'],
  ['p95Us', 'p95'],
  ['p99Us', 'p99'],
];

export function MonitorLatency({ id, range }: LatencyProps) {
  const [quantile, setQuantile] = useState<Quantile>('p50Us');
  const history = useHistory(id, range);
  const table = latencyTable(history);
  return (
    <Section
      title="Latency"
      aside={
        <Choice label="Quantile" value={quantile} options={QUANTILES} onChoose={setQuantile} />
      }
    >
      {history === null || table.length === 0 ? (
        <Empty>No answer has been measured in this time yet.</Empty>
      ) : (
        <>
          <Plot history={history} quantile={quantile} />
          <div className="table-scroll">
            <table>
              <thead>
                <tr>
                  <th scope="col">Region</th>
                  {QUANTILES.map(([key, words]) => (
                    <th key={key} scope="col" className="figure">
                      {words}
                    </th>
                  ))}
                  <th scope="col" className="figure">
                    answers
                  </th>
                </tr>
              </thead>
              <tbody>
                {table.map(({ region, count, ...figures }) => (
                  <tr key={region}>
                    <th scope="row">{region}</th>
                    {QUANTILES.map(([key]) => (
                      <td key={key} className="figure">
                        {latency(figures[key])}
                      </td>
                    ))}
                    <td className="figure">{count}</td>
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
          <p className="muted">
            Over several buckets, figures are the middle of those of each bucket.
          </p>
        </>
      )}
    </Section>
  );
}

function useHistory(id: string, range: RangeName): History | null {
  const grid = gridOf(range, useNow());
  const times = `from=${new Date(grid.fromMs).toISOString()}&to=${new Date(grid.toMs).toISOString()}`;
  const path = `/v1/monitors/${encodeURIComponent(id)}/history?step=${RANGES[range].step}&${times}`;
  const { data } = useResource<History>(path, { everyMs: 30_000 });
  const [last, setLast] = useState<History | null>(null);
  if (data !== null && data !== last) setLast(data);
  return data ?? last;
}

interface PlotProps {
  readonly history: History;
  readonly quantile: Quantile;
}

function Plot({ history, quantile }: PlotProps) {
  const place = useRef<HTMLDivElement>(null);
  useEffect(() => {
    let stop: (() => void) | null = null;
    let isGone = false;
    void import('../parts/plot.ts').then(({ plot }) => {
      if (isGone || place.current === null) return;
      stop = plot(place.current, latencySeries(history, quantile));
    });
    return () => {
      isGone = true;
      stop?.();
    };
  }, [history, quantile]);
  return (
    <div
      className="chart"
      ref={place}
      role="img"
      aria-label="Latency by region over time; the table has the figures"
    />
  );
}
