/** The board as the lines of a terminal: never more of them than it has, and none too long. */
import type { Vote } from '@trustmonitor/protocol';
import type { Paint } from '../output/paint.ts';
import type { Cell } from '../output/table.ts';
import { plural, verdictCell } from '../output/words.ts';
import type { Board, Row } from './board.ts';
import { latencyText } from './words.ts';

export interface Size {
  readonly columns: number;
  readonly rows: number;
}

const SYMBOL: Readonly<Record<Vote, Cell>> = {
  up: { text: '✓', colour: 'green' },
  down: { text: '✗', colour: 'red' },
  abstain: { text: '?', colour: 'yellow' },
};
const NOT_ASKED: Cell = { text: '·', colour: 'dim' };

/** `status` stands below the monitors. */
export function frameOf(
  board: Board,
  status: Cell,
  { columns, rows }: Size,
  paint: Paint,
): string[] {
  const all = [...board.values()];
  const room = Math.max(1, rows - 3);
  const shown = all.length <= room ? all : mostTelling(all, room - 1);
  const left = all.length - shown.length;
  const widths = {
    monitor: Math.max(7, ...shown.map(({ monitor }) => monitor.length)),
    votes: Math.max(5, ...shown.map((row) => lengthOf(votesOf(row)))),
  };
  return [
    ...shown.map((row) => lineOf(row, widths)),
    ...(left === 0
      ? []
      : [[{ text: `and ${plural(left, 'monitor')} more`, colour: 'dim' as const }]]),
    [status],
  ].map((cells) => painted(cells, columns - 1, paint));
}

/** Where not all can be shown, those that are not plainly up come first. */
function mostTelling(all: readonly Row[], count: number): Row[] {
  const isCalm = ({ verdict, incident }: Row) => verdict === 'up' && incident === null;
  const chosen = new Set(
    all.toSorted((a, b) => Number(isCalm(a)) - Number(isCalm(b))).slice(0, count),
  );
  return all.filter((row) => chosen.has(row));
}

function lineOf(row: Row, widths: { monitor: number; votes: number }): Cell[] {
  const verdict: Cell = row.enabled ? verdictCell(row.verdict) : { text: 'paused', colour: 'dim' };
  const votes = votesOf(row);
  const latency = row.latencyUs === null ? '' : latencyText(row.latencyUs);
  const line: Cell[] = [
    { text: row.monitor.padEnd(widths.monitor + 2) },
    { ...verdict, text: verdict.text.padEnd(10) },
    ...votes,
    { text: ' '.repeat(widths.votes - lengthOf(votes)) },
    { text: latency.padStart(9) },
  ];
  if (row.incident !== null) line.push({ text: `  incident ${row.incident}`, colour: 'red' });
  return line;
}

/** `eu-west ✓  us-east ·`: a region without a vote in the newest round was not asked, or is silent. */
function votesOf({ regions, votes }: Row): Cell[] {
  return regions.flatMap((region, i) => {
    const vote = votes.get(region);
    const symbol = vote === undefined ? NOT_ASKED : SYMBOL[vote];
    return [{ text: `${i === 0 ? '' : '  '}${region} ` }, symbol];
  });
}

function lengthOf(cells: readonly Cell[]): number {
  return cells.reduce((total, { text }) => total + text.length, 0);
}

/** Cut to `columns`, so that no line wraps: the frame is drawn over the one before. */
function painted(cells: readonly Cell[], columns: number, paint: Paint): string {
  let left = columns;
  return cells
    .map(({ text, colour }) => {
      const cut = text.slice(0, Math.max(0, left));
      left -= cut.length;
      return colour === undefined || cut === '' ? cut : paint(colour, cut);
    })
    .join('')
    .trimEnd();
}
