/** A monitor as a file has it: with the windows of maintenance that are about it alone. */
import {
  MonitorInput,
  MonitorMaintenanceInput,
  Strict,
  TrustMonitorError,
  completeMaintenance,
  isTrustMonitorError,
  maintenanceInputParser,
} from '@trustmonitor/protocol';
import Type, { type Static } from 'typebox';

export const WrittenMonitor = Strict({
  ...MonitorInput.properties,
  maintenance: Type.Optional(Type.Array(MonitorMaintenanceInput, { maxItems: 16 })),
});
export type WrittenMonitor = Static<typeof WrittenMonitor>;

/** Without what is no part of the monitor. What is no monitor at all is left to who parses it. */
export function monitorOf(written: WrittenMonitor): MonitorInput {
  if (typeof written !== 'object' || (written as unknown) === null) return written;
  const monitor = { ...written };
  delete monitor.maintenance;
  return monitor;
}

/** Throws `input.invalid` with the fields, below `/maintenance`. */
export function checkWindowsOf({ maintenance = [] }: WrittenMonitor): void {
  for (const [i, window] of maintenance.entries()) {
    try {
      const whole = { id: 'x', ...window, selector: { monitors: ['x'] } };
      completeMaintenance(maintenanceInputParser.parse(whole));
    } catch (error) {
      if (!isTrustMonitorError(error)) throw error;
      const fields = error.fields.map(({ pointer, detail }) => ({
        pointer: `/maintenance/${i}${pointer}`,
        detail,
      }));
      const where = `/maintenance/${i}${error.where ?? ''}`;
      throw new TrustMonitorError(error.code, error.message, { where, fields, cause: error });
    }
  }
}
