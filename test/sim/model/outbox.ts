/** Messages to people: written with what they are about, claimed and delivered afterwards. */
import type { IncidentStep } from '@trustmonitor/quorum';

export interface OutboxRow {
  /** Stable over all attempts: the receiver's idempotency key. */
  readonly id: number;
  readonly channel: string;
  readonly incident: string;
  readonly step: IncidentStep;
  readonly writtenAt: number;
  nextAttemptAt: number;
  isDelivered: boolean;
}

/** A claim that is not followed by a delivery is given up after this long. */
const CLAIM_MS = 30_000;

export class Outbox {
  readonly rows: OutboxRow[] = [];
  readonly #waiting: OutboxRow[] = [];

  insert(channel: string, incident: string, step: IncidentStep, writtenAt: number): void {
    const id = this.rows.length + 1;
    const row = {
      id,
      channel,
      incident,
      step,
      writtenAt,
      nextAttemptAt: 0,
      isDelivered: false,
    };
    this.rows.push(row);
    this.#waiting.push(row);
  }

  /** The next due message before which nothing of its incident waits for its channel. */
  claim(now: number): OutboxRow | null {
    const isNext = (row: OutboxRow): boolean =>
      row.nextAttemptAt <= now &&
      !this.#waiting.some(
        (earlier) =>
          earlier.id < row.id &&
          earlier.channel === row.channel &&
          earlier.incident === row.incident,
      );
    const row = this.#waiting.find(isNext);
    if (row === undefined) return null;
    row.nextAttemptAt = now + CLAIM_MS;
    return row;
  }

  retryAt(id: number, at: number): void {
    const row = this.#waiting.find((one) => one.id === id);
    if (row !== undefined) row.nextAttemptAt = at;
  }

  markDelivered(id: number): void {
    const index = this.#waiting.findIndex((row) => row.id === id);
    const [row] = index < 0 ? [] : this.#waiting.splice(index, 1);
    if (row !== undefined) row.isDelivered = true;
  }
}
