/**
 * How much of a scenario is run: `npm test` runs each scaled down, `npm run test:faults` in full
 * (`TM_FAULTS=full`). What was run is printed, so that nobody takes the one for the other.
 */
export const isFull = process.env['TM_FAULTS'] === 'full';

export interface Scale {
  readonly full: number;
  readonly fast: number;
  /** What is counted: `kills`, `seconds`, ... */
  readonly unit: string;
}

export function scaled(fault: string, { full, fast, unit }: Scale): number {
  const chosen = isFull ? full : fast;
  say(fault, isFull ? `${chosen} ${unit}` : `${chosen} ${unit} of ${full} (TM_FAULTS=full)`);
  return chosen;
}

/** A limit for a test that takes `perUnitMs` for each unit. */
export const limitFor = ({ full, fast }: Scale, perUnitMs: number): number =>
  60_000 + 2 * perUnitMs * (isFull ? full : fast);

/** A measured figure, for people and for docs/reliability.md. */
export function say(fault: string, what: string): void {
  process.stderr.write(`${fault}: ${what}\n`);
}
