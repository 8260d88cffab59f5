/** What happened, in one line each: hashed as a whole, and the latest kept for a report. */

const LINES_KEPT = 50;

export class Journal {
  readonly #latest: string[] = [];
  #count = 0;
  #high = 0xdeadbeef | 0;
  #low = 0x41c6ce57;

  note(line: string): void {
    this.#latest[this.#count % LINES_KEPT] = line;
    this.#count += 1;
    let high = this.#high;
    let low = this.#low;
    for (let i = 0; i < line.length; i++) {
      const code = line.charCodeAt(i);
      high = Math.imul(high ^ code, 2654435761);
      low = Math.imul(low ^ code, 1597334677);
    }
    this.#high = high ^ (low >>> 13);
    this.#low = low ^ (high >>> 13);
  }

  /** 64 bits over every line so far, in hex: equal runs have equal hashes. */
  get hash(): string {
    return [this.#high, this.#low]
      .map((half) => (half >>> 0).toString(16).padStart(8, '0'))
      .join('');
  }

  /** The latest lines, oldest first. */
  get latest(): readonly string[] {
    const start = Math.max(0, this.#count - LINES_KEPT);
    return Array.from(
      { length: this.#count - start },
      (_, i) => this.#latest[(start + i) % LINES_KEPT] ?? '',
    );
  }
}
