/** The one registry: which probe runs which kind of check. Adding a kind is a file and a line. */
import type { CheckDefinition, CheckType } from '@trustmonitor/protocol';
import { probeHttp } from './checks/http.ts';
import { probeUnsupported } from './checks/unsupported.ts';
import type { Probe } from './probe.ts';

type CheckOf<K extends CheckType> = Extract<CheckDefinition, { type: K }>;

export const PROBES: { readonly [K in CheckType]: Probe<CheckOf<K>> } = {
  http: probeHttp,
  tcp: probeUnsupported,
  tls: probeUnsupported,
  dns: probeUnsupported,
  icmp: probeUnsupported,
  grpc: probeUnsupported,
  websocket: probeUnsupported,
  smtp: probeUnsupported,
  /** The job reports in by itself. */
  heartbeat: probeUnsupported,
};

/** The probe of the check's own kind. */
export function probeOf(check: CheckDefinition): Probe<CheckDefinition> {
  // That the value fits the key is what the type of the registry says.
  return PROBES[check.type] as Probe<CheckDefinition>;
}
