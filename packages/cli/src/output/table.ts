/** Tables: aligned columns, two spaces apart, nothing drawn around them. */
import type { Colour, Paint } from './paint.ts';
import { printable } from './printable.ts';

export interface Cell {
  readonly text: string;
  readonly colour?: Colour | undefined;
}

export interface Column<Row> {
  readonly title: string;
  readonly cell: (row: Row) => Cell | string;
  /** Numbers stand to the right. */
  readonly align?: 'left' | 'right';
}

const GAP = '  ';

/** The lines of a table with its header; cells are made printable. */
export function renderTable<Row>(
  rows: readonly Row[],
  columns: readonly Column<Row>[],
  paint: Paint,
): string {
  const cells = rows.map((row) => columns.map((column) => toCell(column.cell(row))));
  const widths = columns.map((column, i) =>
    Math.max(widthOf(column.title), ...cells.map((line) => widthOf(line[i]?.text ?? ''))),
  );
  const renderLine = (line: readonly Cell[]) =>
    line
      .map((cell, i) => {
        const isLast = i === line.length - 1;
        const padding = ' '.repeat(Math.max(0, (widths[i] ?? 0) - widthOf(cell.text)));
        const text = cell.colour === undefined ? cell.text : paint(cell.colour, cell.text);
        if (columns[i]?.align === 'right') return padding + text;
        return isLast ? text : text + padding;
      })
      .join(GAP)
      .trimEnd();
  const header = columns.map(({ title }): Cell => ({ text: title, colour: 'dim' }));
  return [header, ...cells].map(renderLine).join('\n');
}

function toCell(cell: Cell | string): Cell {
  const { text, colour } = typeof cell === 'string' ? { text: cell, colour: undefined } : cell;
  return { text: printable(text), colour };
}

/** Code points; good enough for names, and never more than a column or two off. */
function widthOf(text: string): number {
  return Array.from(text).length;
}
