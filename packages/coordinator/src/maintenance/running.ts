/** Which monitors are in maintenance now. */
import { maintenanceOf, type PlannedWindow } from '@trustmonitor/alerting';
import { formatTimestamp, type MonitorResource, type Selectable } from '@trustmonitor/protocol';
import type { Queryable } from '../store/database.ts';
import { selectRunning, type StoredOccurrence } from '../store/occurrences.ts';
import { selectSelectable } from '../store/selectable.ts';

/** The occurrences that run, as `maintenanceOf` takes them. */
export async function runningWindows(db: Queryable, nowMs: number): Promise<PlannedWindow[]> {
  return (await selectRunning(db, nowMs)).map(planned);
}

function planned({ window, definition, startsAtMs, endsAtMs }: StoredOccurrence): PlannedWindow {
  const { selector, reason } = definition;
  return { id: window, selector, fromMs: startsAtMs, untilMs: endsAtMs, reason };
}

export function shownMaintenance(
  running: readonly PlannedWindow[],
  monitor: Selectable,
  nowMs: number,
): MonitorResource['inMaintenance'] {
  const found = maintenanceOf(running, monitor, nowMs);
  if (found === null) return null;
  return { window: found.id, until: formatTimestamp(found.until), reason: found.reason };
}

export async function countInMaintenance(db: Queryable, nowMs: number): Promise<number> {
  const running = await runningWindows(db, nowMs);
  if (running.length === 0) return 0;
  const monitors = await selectSelectable(db);
  return monitors.filter((monitor) => maintenanceOf(running, monitor, nowMs) !== null).length;
}
