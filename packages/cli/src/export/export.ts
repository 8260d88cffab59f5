/** Monitors in force -> a monitors file that applies to the same, with names in place of secrets. */
import {
  Monitor,
  writtenMonitor,
  type Channel,
  type MonitorResource,
  type OwnerName,
} from '@trustmonitor/protocol';
import { stringify } from 'yaml';
import { API_VERSION } from '../monitors-file/sections.ts';

export interface ExportOptions {
  readonly owner: OwnerName | null;
  readonly channels: readonly Channel[];
  /** Secrets stay references to what the server has stored; only that server can apply them. */
  readonly keepsSecrets: boolean;
}

export interface Exported {
  /** The file as data. */
  readonly document: Readonly<Record<string, unknown>>;
  readonly monitors: number;
  readonly secrets: readonly ExportedSecret[];
}

/** A secret, and the variable that its value is expected in. */
export interface ExportedSecret {
  readonly monitor: string;
  readonly secret: string;
  readonly variable: string;
}

export function exportMonitors(
  monitors: readonly MonitorResource[],
  { owner, channels, keepsSecrets }: ExportOptions,
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
    monitors: written,
  };
  return { document, monitors: written.length, secrets: names.given };
}

export function yamlOf(document: Exported['document']): string {
  return stringify(document, { lineWidth: 100 });
}

/** What the API adds to a monitor is no part of it. */
function monitorOf(resource: MonitorResource): Monitor {
  const own = Object.keys(Monitor.properties);
  return Object.fromEntries(
    Object.entries(resource).filter(([name]) => own.includes(name)),
  ) as Monitor;
}

/** `${` in a value is no reference to the environment; secrets are what `secretOf` makes of them. */
function escaped(value: unknown, secretOf?: (name: string) => unknown): unknown {
  if (typeof value === 'string') return value.replaceAll('${', () => '$${');
  if (Array.isArray(value)) return value.map((item) => escaped(item, secretOf));
  if (typeof value !== 'object' || value === null) return value;
  if ('secretRef' in value && secretOf !== undefined) return secretOf(String(value.secretRef));
  return Object.fromEntries(
    Object.entries(value).map(([name, member]) => [name, escaped(member, secretOf)]),
  );
}

/** One variable for each secret: `SHOP_HTTP_AUTH_TOKEN`. */
class SecretNames {
  readonly #taken = new Map<string, ExportedSecret>();

  get given(): ExportedSecret[] {
    return [...this.#taken.values()];
  }

  nameOf(monitor: string, secret: string): string {
    const plain = `${monitor}_${secret}`.toUpperCase().replace(/[^A-Z0-9]+/g, '_');
    const base = /^\d/.test(plain) ? `M_${plain}` : plain;
    let variable = base;
    for (let i = 2; this.#taken.has(variable); i++) variable = `${base}_${i}`;
    this.#taken.set(variable, { monitor, secret, variable });
    return variable;
  }
}
