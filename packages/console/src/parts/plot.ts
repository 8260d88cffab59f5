/** Lines over time, by uPlot. */
import UPlot from 'uplot';
import type { Series } from '../model/latency.ts';

/** Told apart by their dashes too. */
const DASHES: readonly (readonly number[])[] = [[], [6, 3], [2, 3], [10, 3, 2, 3]];
const COLOURS = ['--plot-1', '--plot-2', '--plot-3', '--plot-4', '--plot-5', '--plot-6'];

/** Draws into `place` until the function that it returns is called. */
export function plot(place: HTMLElement, { times, lines }: Series): () => void {
  const style = getComputedStyle(place);
  const colour = (name: string): string => resolved(place, style.getPropertyValue(name));
  const axis = {
    stroke: colour('--soft'),
    grid: { stroke: colour('--line'), width: 1 },
    ticks: { stroke: colour('--line'), width: 1 },
  };
  const chart = new UPlot(
    {
      width: place.clientWidth,
      height: 220,
      scales: { x: { time: true }, y: { range: (_chart, _low, high) => [0, (high || 1) * 1.1] } },
      axes: [
        { ...axis, values: clocks },
        { ...axis, size: 62, values: (_chart, values) => values.map((v) => `${v} ms`) },
      ],
      series: [
        {},
        ...lines.map(({ region }, i) => ({
          label: region,
          stroke: colour(COLOURS[i % COLOURS.length] ?? '--accent'),
          dash: [...(DASHES[i % DASHES.length] ?? [])],
          width: 1.6,
          spanGaps: false,
          // A moment alone has no line to be on.
          points: { show: times.length < 100, size: 4 },
          value: (_chart: UPlot, value: number | null) =>
            value === null ? '–' : `${value.toFixed(1)} ms`,
        })),
      ],
    },
    [[...times], ...lines.map(({ values }) => [...values])],
    place,
  );
  const observer = new ResizeObserver(() => {
    chart.setSize({ width: place.clientWidth, height: 220 });
  });
  observer.observe(place);
  return () => {
    observer.disconnect();
    chart.destroy();
  };
}

const CLOCK = new Intl.DateTimeFormat('en-GB', { timeStyle: 'short' });
const DAY = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short' });

/** What stands at the marks of the time axis: clocks, or days where the marks are days apart. */
function clocks(_chart: UPlot, seconds: readonly number[]): string[] {
  const [first = 0, second = 0] = seconds;
  const format = second - first >= 86_400 ? DAY : CLOCK;
  return seconds.map((at) => format.format(at * 1_000));
}

/** A canvas knows no `light-dark()`: the browser is asked what it comes to here. */
function resolved(place: HTMLElement, value: string): string {
  const probe = document.createElement('span');
  probe.style.color = value;
  place.append(probe);
  const { color } = getComputedStyle(probe);
  probe.remove();
  return color;
}
