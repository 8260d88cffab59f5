/** Colours. They only ever repeat what the words say. */

export type Colour = 'red' | 'green' | 'yellow' | 'cyan' | 'dim' | 'bold';

/** Puts `text` in a colour, or leaves it as it is where colours are off. */
export type Paint = (colour: Colour, text: string) => string;

/** SGR parameters (ECMA-48, 8.3.117): to switch on, to switch off. */
const SGR: Readonly<Record<Colour, readonly [number, number]>> = {
  bold: [1, 22],
  dim: [2, 22],
  red: [31, 39],
  green: [32, 39],
  yellow: [33, 39],
  cyan: [36, 39],
};

export const plain: Paint = (_colour, text) => text;

export const coloured: Paint = (colour, text) => {
  const [on, off] = SGR[colour];
  return `\u001B[${on}m${text}\u001B[${off}m`;
};

export interface ColourWishes {
  readonly NO_COLOR?: string | undefined;
  readonly FORCE_COLOR?: string | undefined;
  readonly TERM?: string | undefined;
}

/** Colours are for terminals, unless the reader asked otherwise (no-color.org). */
export function paintFor(isTerminal: boolean, wishes: ColourWishes): Paint {
  if (isSet(wishes.NO_COLOR)) return plain;
  if (isSet(wishes.FORCE_COLOR)) return coloured;
  return isTerminal && wishes.TERM !== 'dumb' ? coloured : plain;
}

function isSet(value: string | undefined): boolean {
  return value !== undefined && value !== '';
}
