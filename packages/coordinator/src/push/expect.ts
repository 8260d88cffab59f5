/** A revision of a heartbeat monitor -> when its job has to report, in the same transaction. */
import type { Monitor } from '@trustmonitor/protocol';
import type { Queryable } from '../store/database.ts';
import { changeHeartbeat, deleteHeartbeat, startHeartbeat } from '../store/heartbeats.ts';
import type { StoredMonitor } from '../store/monitors.ts';

/**
 * `stored` is the revision before, or null for a monitor that is new or was deleted.
 *
 * A new period, or the end of a pause, begins a whole window: the job was not told before. In an
 * open incident it does not, because only a report of the job may end that.
 */
export async function expectReports(
  tx: Queryable,
  { id, check, enabled }: Monitor,
  stored: StoredMonitor | null,
): Promise<void> {
  if (check.type !== 'heartbeat') {
    await deleteHeartbeat(tx, id);
    return;
  }
  const { periodMs, graceMs } = check.heartbeat;
  const windowMs = periodMs + graceMs;
  const before = stored?.definition;
  if (before?.check.type !== 'heartbeat') {
    await startHeartbeat(tx, id, windowMs);
    return;
  }
  const earlier = before.check.heartbeat;
  const isSameWindow = earlier.periodMs + earlier.graceMs === windowMs;
  const isAnew = !isSameWindow || (enabled && !before.enabled);
  await changeHeartbeat(tx, id, windowMs, isAnew && stored?.openIncident === null);
}
