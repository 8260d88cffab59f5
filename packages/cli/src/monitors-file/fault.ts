/** What is wrong in a file of monitors, and exactly where. */

export interface Place {
  readonly file: string;
  /** From 1, as editors count. */
  readonly line: number;
  readonly column: number;
}

export interface Fault extends Place {
  /** As the file's structure names it: `monitors[0].confirm.rounds`; empty for the whole file. */
  readonly field: string;
  /** One clause, without a full stop. */
  readonly what: string;
}

/** `monitors.yaml:4:7 monitors[0].intervall: is not a known field, did you mean "interval"?` */
export function formatFault({ file, line, column, field, what }: Fault): string {
  return `${file}:${line}:${column} ${field === '' ? '' : `${field}: `}${what}`;
}

/** In reading order, each said once. */
export function inOrder(faults: readonly Fault[]): Fault[] {
  const byText = new Map(faults.map((fault) => [formatFault(fault), fault]));
  return [...byText.values()].toSorted(
    (a, b) => compareText(a.file, b.file) || a.line - b.line || a.column - b.column,
  );
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}
