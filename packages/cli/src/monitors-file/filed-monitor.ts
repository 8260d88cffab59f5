/** The windows of maintenance that stand inside of a monitor are no part of it. */
import {
  TrustMonitorError,
  completeMaintenance,
  isTrustMonitorError,
  maintenanceInputParser,
  type FiledMonitor,
  type MonitorInput,
} from '@trustmonitor/protocol';

/** Without what is no part of the monitor. What is no monitor at all is left to who parses it. */
export function monitorOf(written: FiledMonitor): MonitorInput {
  if (typeof written !== 'object' || (written as unknown) === null) return written;
  const monitor = { ...written };
  delete monitor.maintenance;
  return monitor;
}

/** Throws `input.invalid` with the fields, below `/maintenance`. */
export function checkWindowsOf({ maintenance = [] }: FiledMonitor): void {
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
