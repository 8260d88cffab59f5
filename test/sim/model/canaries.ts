/** What an agent makes of its canaries, by the rule of `vitals/canaries.ts`. */

/** Between two questions that are further apart nobody knows whether they were silent. */
const SILENCE_COUNTS_MS = 30_000;

export class Canaries {
  #silentAt = -Infinity;
  #backAt = -Infinity;

  /**
   * Whether a probe that began at `beganAt` and failed may be believed, now that they were asked: a
   * probe that ran into the end of an outage of ours failed by it, whatever they say now.
   */
  heard(answer: boolean, beganAt: number, now: number): boolean {
    if (!answer) {
      this.#silentAt = now;
      return false;
    }
    if (now - this.#silentAt < SILENCE_COUNTS_MS) this.#backAt = now;
    this.#silentAt = -Infinity;
    return beganAt >= this.#backAt;
  }
}
