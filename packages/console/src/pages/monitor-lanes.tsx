/** One lane a region and one for the quorum, on one time axis. */
import { useState } from 'react';
import { useUptime, type ShownBars } from '../api/history.ts';
import { readingOf, type Bars, type Cell, type Reading } from '../model/bars.ts';
import { duration, latency, percent } from '../model/words.ts';
import { Mark } from '../parts/mark.tsx';
import { BarLegend, TimeAxis, TimeBars } from '../parts/time-bars.tsx';

interface LanesProps {
  readonly id: string;
  readonly shown: ShownBars;
}

export function MonitorLanes({ id, shown: { grid, bars } }: LanesProps) {
  const [chosenMs, setChosenMs] = useState<number | null>(null);
  const reading = readingOf(bars, chosenMs);
  const read = { chosen: chosenMs === null ? null : reading.index, onPick: setChosenMs };
  return (
    <>
      <div className="lanes">
        <Lane name="Quorum" cells={bars.quorum} isQuorum {...read} />
        {bars.regions.map(({ region, cells }) => (
          <Lane key={region} name={region} cells={cells} {...read} />
        ))}
        <div className="axis">
          <MomentChoice bars={bars} reading={reading} onPick={setChosenMs} />
          <TimeAxis {...grid} />
        </div>
      </div>
      <p className="reading">
        <b>{MOMENT.format(reading.atMs)}</b>
        {reading.lines.map(({ name, state, words }) => (
          <span key={name}>
            {state !== null && <Mark tone={state} label="" size={12} />} {name}: {words}
          </span>
        ))}
      </p>
      <UptimeFigures id={id} />
      <BarLegend />
    </>
  );
}

const MOMENT = new Intl.DateTimeFormat('en-GB', { dateStyle: 'medium', timeStyle: 'short' });

interface MomentProps {
  readonly bars: Bars;
  readonly reading: Reading;
  readonly onPick: (atMs: number) => void;
}

/** One cell of all bars after the other, by keyboard or finger: what the line beneath says is said. */
function MomentChoice({ bars, reading, onPick }: MomentProps) {
  const said = reading.lines.map(({ name, words }) => `${name}: ${words}`).join('; ');
  return (
    <input
      type="range"
      className="moment"
      aria-label="Moment to read"
      aria-valuetext={`${MOMENT.format(reading.atMs)}. ${said}`}
      min={0}
      max={bars.quorum.length - 1}
      value={reading.index}
      onChange={({ target }) => onPick(bars.quorum[target.valueAsNumber]?.atMs ?? reading.atMs)}
    />
  );
}

interface LaneProps {
  readonly name: string;
  readonly cells: readonly Cell[];
  readonly isQuorum?: boolean;
  readonly chosen: number | null;
  readonly onPick: (atMs: number) => void;
}

function Lane({ name, cells, isQuorum = false, chosen, onPick }: LaneProps) {
  const known = cells.filter(({ state }) => state !== null);
  const up = known.filter(({ state }) => state === 'up' || state === 'degraded').length;
  return (
    <div className={isQuorum ? 'lane quorum' : 'lane'}>
      <span className="who">{name}</span>
      <div className="bar-cell">
        <TimeBars label={name} cells={cells} chosen={chosen} onPick={onPick} />
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
  const quorum = useUptime(id, window)?.quorum ?? null;
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
