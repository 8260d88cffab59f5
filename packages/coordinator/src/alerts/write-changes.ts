/** The router's state, as far as it has changed. */
import type { Routed, RoutingState } from '@trustmonitor/alerting';
import {
  deleteAlertGroups,
  deleteAlertMonitors,
  upsertAlertGroups,
  upsertAlertMonitors,
  upsertAlerts,
} from '../store/alerts.ts';
import type { Queryable } from '../store/database.ts';

/** Whether anything had to be written. */
export async function writeChanges(
  tx: Queryable,
  before: RoutingState,
  { state, ended }: Routed,
): Promise<boolean> {
  const alerts = changed(before.alerts, state.alerts);
  const groups = changed(before.groups, state.groups);
  const monitors = changed(before.monitors, state.monitors);
  await upsertAlerts(
    tx,
    alerts.written.map(([, alert]) => alert),
    false,
  );
  await upsertAlerts(tx, ended, true);
  await upsertAlertGroups(tx, groups.written);
  await deleteAlertGroups(tx, groups.gone);
  await upsertAlertMonitors(tx, monitors.written);
  await deleteAlertMonitors(tx, monitors.gone);
  const all = [alerts, groups, monitors];
  return ended.length > 0 || all.some(({ written, gone }) => written.length + gone.length > 0);
}

/** States never change: one that is another object is another state. */
function changed<T>(
  before: ReadonlyMap<string, T>,
  after: ReadonlyMap<string, T>,
): { readonly written: [string, T][]; readonly gone: string[] } {
  return {
    written: [...after].filter(([key, value]) => before.get(key) !== value),
    gone: [...before.keys()].filter((key) => !after.has(key)),
  };
}
