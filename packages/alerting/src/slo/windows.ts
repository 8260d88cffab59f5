/**
 * Windows over a past that is kept in minutes, hours and days. All of them end at one minute, so
 * each is the one before and some more; the rows between two beginnings are added up once.
 *
 *     |-- days --|---- hours ----|-- minutes --|
 *     window     hoursFrom       minutesFrom   to
 *
 * A window begins at a whole minute where minutes are read, at a whole hour where hours are, and
 * at a whole day of UTC where days are: it is less than an hour, or a day, longer than its name.
 */
import { addMeasured, type Measured } from './measured.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

/** Windows of up to two hours are exact to the minute, those of up to three days to the hour. */
const MINUTES_READ_MS = 2 * HOUR_MS;
const HOURS_READ_MS = 3 * DAY_MS;

export interface Grid {
  readonly toMs: number;
  /** Rows of minutes are read from here on, rows of hours before it, */
  readonly minutesFromMs: number;
  /** and rows of days before this. */
  readonly hoursFromMs: number;
  /** The beginnings of all windows, ascending and each once. */
  readonly startsMs: readonly number[];
}

/** `toMs` is a whole minute, and every span whole minutes. */
export function gridOf(toMs: number, spansMs: readonly number[]): Grid {
  const grid = {
    toMs,
    minutesFromMs: floorTo(toMs - MINUTES_READ_MS, HOUR_MS),
    hoursFromMs: floorTo(toMs - HOURS_READ_MS, DAY_MS),
  };
  const startsMs = [...new Set(spansMs.map((span) => startOf(grid, span)))].toSorted(
    (a, b) => a - b,
  );
  return { ...grid, startsMs };
}

/** Where the window of this length begins. */
export function startOf(grid: Omit<Grid, 'startsMs'>, spanMs: number): number {
  const start = grid.toMs - spanMs;
  if (start >= grid.minutesFromMs) return start;
  return floorTo(start, start >= grid.hoursFromMs ? HOUR_MS : DAY_MS);
}

/** What was measured from `startsMs[i]` to the next beginning; of the last one, to the end. */
export type Segments = ReadonlyMap<number, Measured>;

/** What was measured in the window of this length. */
export function measuredIn(segments: Segments, grid: Grid, spanMs: number): Measured {
  const first = grid.startsMs.indexOf(startOf(grid, spanMs));
  if (first < 0) throw new RangeError(`no window of ${spanMs} ms was asked for`);
  return addMeasured([...segments].flatMap(([i, part]) => (i >= first ? [part] : [])));
}

function floorTo(at: number, width: number): number {
  return Math.floor(at / width) * width;
}
