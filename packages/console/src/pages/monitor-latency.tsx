/** Latency over time and by region; the plotter is loaded when it is looked at. */
import type { History } from '@trustmonitor/protocol';
import { useEffect, useRef, useState } from 'react';
import { useUptime } from '../api/history.ts';
import { usePart } from '../api/part.ts';
import type { RangeName } from '../model/bars.ts';
import { latencySeries, latencyTable, type Quantile } from '../model/latency.ts';
import { latency } from '../model/words.ts';
import { Choice, Empty, Loading, PartFault, Section } from '../parts/basics.tsx';
import type { plot } from '../parts/plot.ts';

interface LatencyProps {
  readonly id: string;
  readonly range: RangeName;
  /** Null before it has been read. */
  readonly history: History | null;
}

const QUANTILES: readonly (readonly [Quantile, string])[] = [
  ['p50Us', 'p50'],
  ['p95Us', 'p95'],
  ['p99Us', 'p99'],
];

export function MonitorLatency({ id, range, history }: LatencyProps) {
  const [quantile, setQuantile] = useState<Quantile>('p50Us');
  const uptime = useUptime(id, range);
  const table = uptime === null ? null : latencyTable(uptime);
  return (
    <Section
      title="Latency"
      aside={
        <Choice label="Quantile" value={quantile} options={QUANTILES} onChoose={setQuantile} />
      }
    >
      {history === null || table === null ? (
        <Loading what="latencies" />
      ) : table.length === 0 ? (
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
            Quantiles are of all answers of this time together, within 2 % of the exact ones.
          </p>
        </>
      )}
    </Section>
  );
}

interface PlotProps {
  readonly history: History;
  readonly quantile: Quantile;
}

interface Plotter {
  readonly plot: typeof plot;
}

const loadPlotter = () => import('../parts/plot.ts');

function Plot({ history, quantile }: PlotProps) {
  const place = useRef<HTMLDivElement>(null);
  const { part: plotter, error } = usePart<Plotter>(loadPlotter);
  useEffect(() => {
    if (plotter === null || place.current === null) return;
    return plotter.plot(place.current, latencySeries(history, quantile));
  }, [plotter, history, quantile]);
  if (error !== null) return <PartFault error={error} />;
  return (
    <div
      className="chart"
      ref={place}
      role="img"
      aria-label="Latency by region over time; the table has the figures"
    />
  );
}
