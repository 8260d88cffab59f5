/** Lines that are drawn over those drawn before (ECMA-48: CUU, EL, ED). */
import type { Terminal } from '../output/terminal.ts';

const UP = (lines: number): string => (lines === 0 ? '' : `\u001B[${lines}A`);
const ERASE_LINE = '\u001B[2K';
const ERASE_BELOW = '\u001B[J';

export class Screen {
  readonly #terminal: Pick<Terminal, 'raw'>;
  #shown: readonly string[] = [];

  constructor(terminal: Pick<Terminal, 'raw'>) {
    this.#terminal = terminal;
  }

  /** Writes nothing where nothing has changed. */
  draw(lines: readonly string[]): void {
    if (lines.join('\n') === this.#shown.join('\n')) return;
    const drawn = lines.map((line) => `\r${ERASE_LINE}${line}\n`).join('');
    const text = `${UP(this.#shown.length)}${drawn}${ERASE_BELOW}`;
    this.#terminal.raw(new TextEncoder().encode(text));
    this.#shown = lines;
  }
}
