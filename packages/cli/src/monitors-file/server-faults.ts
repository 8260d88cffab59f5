/** What the API refuses in a body, at the lines that the body was made of. */
import type { TrustMonitorError } from '@trustmonitor/protocol';
import { inOrder, type Fault } from './fault.ts';
import type { BodyOrigin, LoadedMonitors } from './load.ts';
import { at } from './misfits.ts';
import { parsePointer } from './pointer.ts';

/** Null when none of the error's fields points into the body: it is no fault of the file. */
export function faultsOfRefusal(
  error: TrustMonitorError,
  loaded: LoadedMonitors,
): readonly Fault[] | null {
  const faults = error.fields.flatMap(({ pointer, detail }) => {
    const fault = faultAt(pointer, detail, loaded.origin);
    return fault === null ? [] : [fault];
  });
  return faults.length === 0 ? null : inOrder(faults);
}

function faultAt(pointer: string, what: string, origin: BodyOrigin): Fault | null {
  const [section, ...rest] = parsePointer(pointer);
  if (section === 'defaults') return origin.defaults?.fault(['defaults', ...rest], what) ?? null;
  if (section === 'routing') return origin.routing?.fault(['routing', ...rest], what) ?? null;
  const [index, ...inside] = rest;
  if (section === 'channels') {
    const channel = origin.channels[Number(index)];
    return channel?.source.fault([...channel.path, ...inside], what) ?? null;
  }
  if (section === 'slos') {
    const slo = origin.slos[Number(index)];
    return slo?.source.fault([...slo.path, ...inside], what) ?? null;
  }
  if (section === 'maintenance') {
    const window = origin.maintenance[Number(index)];
    return window?.source.fault([...window.path, ...inside], what) ?? null;
  }
  if (section !== 'monitors') return null;
  const monitor = origin.monitors[Number(index)];
  if (monitor === undefined) return null;
  const [key = ''] = inside;
  const isInherited = at(monitor.item, [key]) === undefined && isDefault(origin, key);
  if (isInherited && origin.defaults !== null) {
    return origin.defaults.fault(['defaults', ...inside], what);
  }
  return monitor.source.fault([...monitor.path, ...inside], what);
}

function isDefault({ defaults }: BodyOrigin, key: string): boolean {
  return defaults !== null && at(defaults.value, ['defaults', key]) !== undefined;
}
