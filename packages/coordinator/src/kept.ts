/** The newest of what was made, by key. What could not be made is not kept. */
export class Kept<T> {
  readonly #made = new Map<string, { readonly atMs: number; readonly what: Promise<T> }>();
  readonly #most: number;
  readonly #forMs: number;

  constructor(most: number, forMs = Infinity) {
    this.#most = most;
    this.#forMs = forMs;
  }

  get(key: string, nowMs: number, make: () => Promise<T>): Promise<T> {
    const known = this.#made.get(key);
    if (known !== undefined && nowMs - known.atMs < this.#forMs) return known.what;
    const made = { atMs: nowMs, what: make() };
    this.#made.delete(key);
    this.#made.set(key, made);
    made.what.catch(() => {
      if (this.#made.get(key) === made) this.#made.delete(key);
    });
    const [oldest] = this.#made.keys();
    if (this.#made.size > this.#most && oldest !== undefined) this.#made.delete(oldest);
    return made.what;
  }
}
