import { isSelected, type Selectable, type Selector } from '@trustmonitor/protocol';

/** One occurrence of a window. */
export interface PlannedWindow {
  readonly id: string;
  readonly selector: Selector;
  /** From `fromMs` up to, not including, `untilMs`; milliseconds since the epoch. */
  readonly fromMs: number;
  readonly untilMs: number;
  readonly reason: string;
}

export interface InMaintenance {
  readonly id: string;
  readonly until: number;
  readonly reason: string;
}

/** The window that a monitor is in now: of several the one that ends last. Null for none. */
export function maintenanceOf(
  windows: readonly PlannedWindow[],
  monitor: Selectable,
  nowMs: number,
): InMaintenance | null {
  let last: PlannedWindow | null = null;
  for (const window of windows) {
    if (nowMs < window.fromMs || nowMs >= window.untilMs) continue;
    if (last !== null && window.untilMs <= last.untilMs) continue;
    if (isSelected(monitor, window.selector)) last = window;
  }
  return last === null ? null : { id: last.id, until: last.untilMs, reason: last.reason };
}
