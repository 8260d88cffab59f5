/** What each region saw last of each monitor, as far as metrics show it. Bounded in number. */
import { parseTimestamp, uuid7Time, type FailureClass, type Result } from '@trustmonitor/protocol';
import type { ResultRow } from '../store/results.ts';

/** Of one result, what metrics are made of. Durations in microseconds, null where there was none. */
export interface Seen extends Pick<Result, 'round' | 'outcome' | 'phases'> {
  readonly failure: FailureClass | null;
  readonly status: number | null;
  readonly family: 4 | 6 | null;
  readonly bodyBytes: number | null;
  readonly tlsVersion: string | null;
  /** Of the certificate that expires first, in milliseconds since 1970. */
  readonly certificateExpiresAtMs: number | null;
  readonly pingMeanUs: number | null;
}

/** Clocks of coordinators may differ by as much; a round from further ahead is not believed. */
const AHEAD_MS = 60_000;

export class NewestResults {
  readonly #limit: number;
  readonly #seen = new Map<string, Map<string, Seen>>();
  #wanted: ReadonlySet<string> = new Set();

  /** `limit` is the number of monitors beyond which only those are remembered that are wanted. */
  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Takes results that are stored. The last attempt is what a probe saw in the end. */
  note(rows: readonly Pick<ResultRow, 'result'>[], nowMs: number): void {
    for (const { result } of rows) {
      if (!result.final || uuid7Time(result.round) > nowMs + AHEAD_MS) continue;
      const regions = this.#regionsOf(result.monitor);
      const before = regions?.get(result.region);
      // Ids of rounds are in order of time. A late result of an earlier one is no news.
      if (before === undefined || before.round <= result.round) {
        regions?.set(result.region, seenIn(result));
      }
    }
  }

  /** By region; undefined for a monitor of which nothing was heard. */
  of(monitor: string): ReadonlyMap<string, Seen> | undefined {
    return this.#seen.get(monitor);
  }

  /** Forgets all monitors but these, for which there is room from now on. */
  retain(wanted: ReadonlySet<string>): void {
    this.#wanted = wanted;
    for (const monitor of this.#seen.keys()) if (!wanted.has(monitor)) this.#seen.delete(monitor);
  }

  #regionsOf(monitor: string): Map<string, Seen> | null {
    const known = this.#seen.get(monitor);
    if (known !== undefined) return known;
    if (this.#seen.size >= this.#limit && !this.#wanted.has(monitor)) return null;
    const regions = new Map<string, Seen>();
    this.#seen.set(monitor, regions);
    return regions;
  }
}

function seenIn({ round, outcome, failure, phases, response }: Result): Seen {
  const expiries = (response?.certificates ?? []).map(({ notAfter }) => parseTimestamp(notAfter));
  return {
    round,
    outcome,
    phases,
    failure: failure?.class ?? null,
    status: response?.status ?? null,
    family: response?.family ?? null,
    bodyBytes: response?.bodyBytes ?? null,
    tlsVersion: response?.tlsVersion ?? null,
    certificateExpiresAtMs: expiries.length === 0 ? null : Math.min(...expiries),
    pingMeanUs: response?.icmp?.meanUs ?? null,
  };
}
