/** The one registry: which probe runs which kind of check. Adding a kind is a file and a line. */
import type { CheckDefinition, CheckType } from '@trustmonitor/protocol';
import { probeDns } from './checks/dns.ts';
import { probeGrpc } from './checks/grpc.ts';
import { probeHttp } from './checks/http.ts';
import { probeIcmp } from './checks/icmp.ts';
import { probeSmtp } from './checks/smtp.ts';
import { probeTcp } from './checks/tcp.ts';
import { probeTls } from './checks/tls.ts';
import { probeUnsupported } from './checks/unsupported.ts';
import { probeWebsocket } from './checks/websocket.ts';
import type { Probe } from './probe.ts';

type CheckOf<K extends CheckType> = Extract<CheckDefinition, { type: K }>;

export const PROBES: { readonly [K in CheckType]: Probe<CheckOf<K>> } = {
  http: probeHttp,
  tcp: probeTcp,
  tls: probeTls,
  dns: probeDns,
  icmp: probeIcmp,
  grpc: probeGrpc,
  websocket: probeWebsocket,
  smtp: probeSmtp,
  /** The job reports in by itself. */
  heartbeat: probeUnsupported,
};

/** The probe of the check's own kind. */
export function probeOf(check: CheckDefinition): Probe<CheckDefinition> {
  // That the value fits the key is what the type of the registry says.
  return PROBES[check.type] as Probe<CheckDefinition>;
}
