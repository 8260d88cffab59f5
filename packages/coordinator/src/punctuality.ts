/** Rounds as they were opened, against the ticks that they stand for: how late, and how many are missing. */
import { nextTick } from './schedule.ts';

export interface Punctuality {
  readonly rounds: number;
  /** Ticks that no round stands for. */
  readonly missed: number;
  /** Milliseconds between ticks and their rounds; null without any. */
  readonly lateness: { readonly medianMs: number; readonly maxMs: number } | null;
}

/** A monitor is overdue when its last round is longer ago than so many intervals, and this. */
export const OVERDUE = { intervals: 2, graceMs: 30_000 } as const;

/** `quietSinceMs`: its last round, or when its definition was written after that. */
export function isOverdue(
  { enabled, intervalMs }: { readonly enabled: boolean; readonly intervalMs: number },
  quietSinceMs: number,
  nowMs: number,
): boolean {
  return enabled && nowMs - quietSinceMs > OVERDUE.intervals * intervalMs + OVERDUE.graceMs;
}

/**
 * `openedAt` (milliseconds, ascending) are all rounds that a monitor had between `fromMs` and
 * `toMs`. Of several between two ticks the first is the tick's; the engine asked for the others.
 * A tick whose own interval is not over at `toMs` is not missed yet.
 */
export function punctualityOf(
  { id, intervalMs }: { readonly id: string; readonly intervalMs: number },
  openedAt: readonly number[],
  { fromMs, toMs }: { readonly fromMs: number; readonly toMs: number },
): Punctuality {
  const tickOf = (at: number): number => nextTick(id, intervalMs, at) - intervalMs;
  const first = new Map<number, number>();
  for (const at of openedAt) if (!first.has(tickOf(at))) first.set(tickOf(at), at);
  const wanted = Math.max(0, (tickOf(toMs) - nextTick(id, intervalMs, fromMs - 1)) / intervalMs);
  const inTime = [...first.keys()].filter((tick) => tick >= fromMs && tick < tickOf(toMs));
  const lateness = [...first].map(([tick, at]) => at - tick).toSorted((a, b) => a - b);
  return {
    rounds: openedAt.length,
    missed: wanted - inTime.length,
    lateness:
      lateness.length === 0
        ? null
        : {
            medianMs: lateness[Math.floor((lateness.length - 1) / 2)] ?? 0,
            maxMs: lateness.at(-1) ?? 0,
          },
  };
}
