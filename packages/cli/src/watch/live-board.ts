/** The board as it is now: kept by events, and read again where events were missed. */
import type { LiveEvent } from '@trustmonitor/protocol';
import { withEvent, type Board } from './board.ts';

export class LiveBoard {
  readonly #read: (before: Board) => Promise<Board>;
  #board: Board;
  /** Events that came while it is read; null while it is not. */
  #meanwhile: LiveEvent[] | null = null;

  constructor(first: Board, read: (before: Board) => Promise<Board>) {
    this.#board = first;
    this.#read = read;
  }

  get board(): Board {
    return this.#board;
  }

  apply(event: LiveEvent): void {
    this.#board = withEvent(this.#board, event);
    this.#meanwhile?.push(event);
  }

  /** Where nothing answers it stays as it is: the stream says so itself. Once at a time. */
  async readAgain(): Promise<void> {
    if (this.#meanwhile !== null) return;
    const meanwhile: LiveEvent[] = [];
    this.#meanwhile = meanwhile;
    const fresh = await this.#read(this.#board).catch(() => this.#board);
    // What was read may be older than what was told: told again, it is true in any case.
    this.#board = meanwhile.reduce(withEvent, fresh);
    this.#meanwhile = null;
  }
}
