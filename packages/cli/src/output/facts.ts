/** A few facts about one thing: a name, then what it is. */
import type { Colour, Paint } from './paint.ts';
import { printable } from './printable.ts';

export interface Fact {
  readonly name: string;
  readonly text: string;
  readonly colour?: Colour | undefined;
}

export function renderFacts(facts: readonly Fact[], paint: Paint): string {
  const width = Math.max(...facts.map(({ name }) => name.length));
  return facts
    .map(({ name, text, colour }) => {
      const safe = printable(text);
      const shown = colour === undefined ? safe : paint(colour, safe);
      return `${paint('dim', name.padEnd(width))}  ${shown}`;
    })
    .join('\n');
}
