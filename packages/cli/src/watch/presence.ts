/** Whether what is shown is still true: when word was had last, and why there is none now. */
import { formatDuration } from '@trustmonitor/protocol';
import type { Cell } from '../output/table.ts';
import { instant } from '../output/words.ts';
import type { Notice } from './follow.ts';

/** The API says something every 15 s, if only that it is there. */
const SILENT_AFTER_MS = 20_000;

export class Presence {
  #lastWordAtMs: number;
  #reason: string | null = null;
  #isOpen = false;
  #told: 'live' | 'silent' = 'live';

  constructor(nowMs: number) {
    this.#lastWordAtMs = nowMs;
  }

  note(notice: Notice, nowMs: number): void {
    this.#isOpen = notice.type !== 'lost';
    this.#reason = notice.type === 'lost' ? notice.reason : null;
    if (this.#isOpen) this.#lastWordAtMs = nowMs;
  }

  /** For a line that is drawn again and again. */
  status(nowMs: number): Cell {
    if (this.#isSilent(nowMs)) return { text: this.#silence(nowMs), colour: 'red' };
    return this.#isOpen ? { text: 'live', colour: 'dim' } : { text: 'connecting', colour: 'dim' };
  }

  /** What has changed since it was asked last, for lines that stay; null when nothing has. */
  news(nowMs: number): string | null {
    const now = this.#isSilent(nowMs) ? 'silent' : 'live';
    if (now === this.#told) return null;
    this.#told = now;
    return now === 'silent' ? this.#silence(nowMs) : 'connected again';
  }

  #isSilent(nowMs: number): boolean {
    return this.#reason !== null || nowMs - this.#lastWordAtMs > SILENT_AFTER_MS;
  }

  #silence(nowMs: number): string {
    const since = instant(new Date(this.#lastWordAtMs).toISOString());
    const seconds = Math.floor((nowMs - this.#lastWordAtMs) / 1_000);
    const why = this.#reason === null ? '' : `: ${this.#reason}; trying again`;
    return `no word since ${since} (${formatDuration(seconds * 1_000)})${why}`;
  }
}
