/** Windows of maintenance in a monitors file: at the top level, and inside the monitors. */
import {
  MaintenanceInput,
  completeMaintenance,
  maintenanceInputParser,
  slugOf,
  type FiledMonitor,
} from '@trustmonitor/protocol';
import type { SourceDocument } from './document.ts';
import type { Placed } from './duplicates.ts';
import type { Fault } from './fault.ts';
import { checkValue, readList } from './sections.ts';

/** The windows of a file. What is at fault is in the list too. */
export function readMaintenance(source: SourceDocument, faults: Fault[]): MaintenanceInput[] {
  const items = readList(source, 'maintenance', faults);
  for (const i of items.keys()) {
    checkValue(source, ['maintenance', String(i)], MaintenanceInput, faults, (item) => {
      completeMaintenance(maintenanceInputParser.parse(item));
    });
  }
  return items as MaintenanceInput[];
}

/** The windows inside of monitors, each about its own, at the place where it stands. */
export function windowsOf(monitors: readonly Placed<FiledMonitor>[]): Placed<MaintenanceInput>[] {
  return monitors.flatMap(({ source, path, item }) =>
    (item.maintenance ?? []).map((window, i) => {
      const monitor = item.id ?? slugOf(item.name);
      const id = window.id ?? `${monitor.slice(0, 56)}-m${i + 1}`;
      const whole = { ...window, id, selector: { monitors: [monitor] } };
      return { source, path: [...path, 'maintenance', String(i)], item: whole };
    }),
  );
}
