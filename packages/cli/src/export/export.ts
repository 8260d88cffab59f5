/** Monitors in force -> a monitors file that applies to the same, with names in place of secrets. */
import {
  Monitor,
  writtenMaintenance,
  writtenMonitor,
  writtenRouting,
  writtenSlo,
  type Channel,
  type MaintenanceResource,
  type MonitorResource,
  type OwnerName,
  type Routing,
  type SloResource,
} from '@trustmonitor/protocol';
import { stringify } from 'yaml';
import { SecretNames, escaped, type NamedSecret } from '../monitors-file/secret-names.ts';
import { API_VERSION } from '../monitors-file/sections.ts';

export interface ExportOptions {
  readonly owner: OwnerName | null;
  readonly channels: readonly Channel[];
  /** Those of monitors come with the monitors. */
  readonly slos: readonly SloResource[];
  /** Who is told; left out where it says nothing. */
  readonly routing: Routing;
  readonly maintenance: readonly MaintenanceResource[];
  /** Secrets stay references to what the server has stored; only that server can apply them. */
  readonly keepsSecrets: boolean;
}

export interface Exported {
  /** The file as data. */
  readonly document: Readonly<Record<string, unknown>>;
  readonly monitors: number;
  readonly secrets: readonly NamedSecret[];
}

export function exportMonitors(
  monitors: readonly MonitorResource[],
  { owner, channels, slos, routing, maintenance, keepsSecrets }: ExportOptions,
): Exported {
  const names = new SecretNames();
  const written = monitors.map((resource) =>
    escaped(writtenMonitor(monitorOf(resource)), (secret) =>
      keepsSecrets ? { secretRef: secret } : { secret: `\${${names.nameOf(resource.id, secret)}}` },
    ),
  );
  const document = {
    apiVersion: API_VERSION,
    ...(owner === null ? {} : { owner }),
    ...(channels.length === 0 ? {} : { notifications: channels.map((one) => escaped(one)) }),
    ...(slos.length === 0 ? {} : { slos: slos.flatMap(writtenOf) }),
    ...(Object.keys(routing).length === 0 ? {} : { routing: escaped(writtenRouting(routing)) }),
    ...(maintenance.length === 0 ? {} : { maintenance: maintenance.map(windowOf) }),
    monitors: written,
  };
  return { document, monitors: written.length, secrets: names.given };
}

function writtenOf({ selector, ...slo }: SloResource): unknown[] {
  return selector === null ? [] : [escaped(writtenSlo({ ...slo, selector }))];
}

export function yamlOf(document: Exported['document']): string {
  return stringify(document, { lineWidth: 100 });
}

function windowOf({ id, selector, schedule, reason, uptime }: MaintenanceResource): unknown {
  return escaped(writtenMaintenance({ id, selector, schedule, reason, uptime }));
}

/** What the API adds to a monitor is no part of it. */
function monitorOf(resource: MonitorResource): Monitor {
  const own = Object.keys(Monitor.properties);
  return Object.fromEntries(
    Object.entries(resource).filter(([name]) => own.includes(name)),
  ) as Monitor;
}
