/**
 * Cells of time side by side. Height says as much as colour: up is low, worse is higher, and what
 * nothing is known of is a hatched stub.
 */
import type { Verdict } from '@trustmonitor/protocol';
import { memo, useId, type MouseEvent } from 'react';
import { spoken, type Cell } from '../model/bars.ts';

const CELL = 10;
const GAP = 2.5;
const HEIGHT = 24;

const SHARE: Readonly<Record<Verdict | 'none', number>> = {
  up: 0.62,
  degraded: 0.78,
  partial: 0.9,
  down: 1,
  unknown: 0.42,
  none: 0.3,
};

interface TimeBarsProps {
  readonly label: string;
  readonly cells: readonly Cell[];
  /** A strip is for a region, beneath the bar of the quorum. */
  readonly size?: 'bar' | 'strip';
  /** Index of the cell that is read. */
  readonly chosen?: number | null;
  /** Told the start of a cell that is pointed at; the keyboard needs a way of its own. */
  readonly onPick?: (atMs: number) => void;
}

/** Drawn anew only when it is of other cells: a page has hundreds. */
export const TimeBars = memo(DrawnBars);

function DrawnBars({ label, cells, size = 'bar', chosen = null, onPick }: TimeBarsProps) {
  const hatch = useId();
  const width = cells.length * CELL - GAP;
  const pick = (event: MouseEvent<SVGSVGElement>): void => {
    const { left, width: wide } = event.currentTarget.getBoundingClientRect();
    const cell = cells[Math.floor(((event.clientX - left) / wide) * cells.length)];
    if (cell !== undefined) onPick?.(cell.atMs);
  };
  return (
    <svg
      className={`time-bars ${size}`}
      onClick={pick}
      viewBox={`0 0 ${width} ${HEIGHT}`}
      preserveAspectRatio="none"
      role="img"
      aria-label={`${label}: ${spoken(cells)} of ${cells.length}`}
    >
      <defs>
        <pattern id={hatch} width="4" height="4" patternUnits="userSpaceOnUse">
          <path d="M0 4 4 0" className="hatch" />
        </pattern>
      </defs>
      {cells.map(({ atMs, state, words }, i) => {
        const height = SHARE[state ?? 'none'] * HEIGHT;
        const at = { x: i * CELL, y: HEIGHT - height, width: CELL - GAP, height };
        return (
          <g key={atMs} className={state === null ? 'no-data' : `tone-${state}`}>
            <title>{`${label}, ${new Date(atMs).toLocaleString('en-GB')}: ${words}`}</title>
            <rect
              {...at}
              className="cell"
              style={state === null ? { fill: `url(#${hatch})` } : {}}
            />
            {state === 'down' && <rect {...at} y={3} height={3.5} className="notch" />}
          </g>
        );
      })}
      {chosen !== null && (
        <rect x={chosen * CELL - GAP / 2} width={CELL} height={HEIGHT} className="chosen" />
      )}
    </svg>
  );
}

interface AxisProps {
  readonly fromMs: number;
  readonly toMs: number;
}

const CLOCK = new Intl.DateTimeFormat('en-GB', { timeStyle: 'short' });
const DAY = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short' });

export function TimeAxis({ fromMs, toMs }: AxisProps) {
  const format = toMs - fromMs > 2 * 86_400_000 ? DAY : CLOCK;
  const middle = (fromMs + toMs) / 2;
  return (
    <div className="time-axis" aria-hidden="true">
      <span>{format.format(fromMs)}</span>
      <span>{format.format(middle)}</span>
      <span>now</span>
    </div>
  );
}

/** What the shapes mean. */
export function BarLegend() {
  const kinds = ['up', 'degraded', 'partial', 'down', 'unknown'] as const;
  const cells = (state: Verdict | null): Cell[] => [{ atMs: 0, state, words: '' }];
  return (
    <ul className="bar-legend" aria-label="Key">
      {kinds.map((kind) => (
        <li key={kind}>
          <TimeBars label={kind} cells={cells(kind)} /> {kind}
        </li>
      ))}
      <li>
        <TimeBars label="no data" cells={cells(null)} /> no data
      </li>
    </ul>
  );
}
