import Type, { type Static } from 'typebox';
import { MonitorMaintenanceInput } from './maintenance.ts';
import { MonitorInput } from './monitor-input.ts';
import { Strict } from './schema.ts';

/** A monitor as a monitors file has it: with the maintenance that is about it alone. */
export const FiledMonitor = Strict({
  ...MonitorInput.properties,
  maintenance: Type.Optional(Type.Array(MonitorMaintenanceInput, { maxItems: 16 })),
});
export type FiledMonitor = Static<typeof FiledMonitor>;
