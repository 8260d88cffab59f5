/**
 * Secrets of a monitor from one revision to the next. A reference keeps the value that is stored,
 * but only where that was written for: else whoever may write monitors, and never saw the secret,
 * could have it sent to themselves. Redirects decide nothing here: agents take no secret to another
 * origin.
 */
import {
  TrustMonitorError,
  escapePointer,
  isTrustMonitorError,
  type CheckDefinition,
  type FieldError,
  type Monitor,
  type Secrets,
} from '@trustmonitor/protocol';
import type { SecretBox } from './secret-box.ts';
import type { StoredMonitor } from './store/monitors.ts';
import { writtenAt } from './written-at.ts';

export interface PreparedMonitor {
  readonly definition: Monitor;
  /** New values; secrets that the definition keeps from before are not among them. */
  readonly secrets: Secrets;
}

/** New values sealed, and those that the definition still refers to carried over. */
export function sealSecrets(
  prepared: PreparedMonitor,
  stored: StoredMonitor | null,
  box: SecretBox,
): Record<string, string> {
  const { definition, secrets } = prepared;
  return { ...sealedOf(prepared, stored), ...box.sealAll(definition.id, secrets) };
}

/** For a check that is run once: what it is given, and what it keeps of a stored monitor, opened. */
export function openSecrets(
  prepared: PreparedMonitor,
  stored: StoredMonitor | null,
  box: SecretBox,
): Secrets {
  const kept = sealedOf(prepared, stored);
  const opened = stored === null ? {} : box.openAll(stored.definition.id, kept);
  return { ...opened, ...prepared.secrets };
}

/** The stored secrets that the definition refers to, and may keep. */
function sealedOf(prepared: PreparedMonitor, stored: StoredMonitor | null): Record<string, string> {
  requireKept(prepared, stored);
  const kept = referencesIn(prepared.definition.check).flatMap(({ name }) => {
    const sealed = stored?.sealedSecrets[name];
    return sealed === undefined ? [] : [[name, sealed] as const];
  });
  return Object.fromEntries(kept);
}

/**
 * Throws `input.invalid` for references whose value is not stored, or was stored for another
 * target or another place of the definition. Pointers are relative to the monitor.
 */
export function requireKept(
  { definition, secrets }: PreparedMonitor,
  stored: StoredMonitor | null,
): void {
  const kept = referencesIn(definition.check).filter(({ name }) => !Object.hasOwn(secrets, name));
  const fields = kept.flatMap(({ name, pointer }): FieldError[] => {
    const why = whyNotKept(name, pointer, definition.check, stored);
    return why === null ? [] : [{ pointer: writtenAt(`/check${pointer}`), detail: why }];
  });
  const [first] = fields;
  if (first === undefined) return;
  throw new TrustMonitorError('input.invalid', first.detail, {
    where: first.pointer,
    fields,
    hint: 'Write its value as { secret: VALUE }: a stored secret goes only where it was written for.',
  });
}

function whyNotKept(
  name: string,
  pointer: string,
  check: CheckDefinition,
  stored: StoredMonitor | null,
): string | null {
  if (stored === null || !Object.hasOwn(stored.sealedSecrets, name)) {
    return `there is no stored secret ${name}`;
  }
  const before = stored.definition.check;
  const wasHere = referencesIn(before).some(
    (reference) => reference.name === name && reference.pointer === pointer,
  );
  if (!wasHere) return `the secret ${name} was stored for another place`;
  const moved = movedBetween(destinationOf(before), destinationOf(check));
  return moved === null ? null : `${moved} changes, so the secret ${name} cannot be kept`;
}

interface Reference {
  readonly name: string;
  /** Of its place in the check. */
  readonly pointer: string;
}

function referencesIn(value: unknown, pointer = ''): Reference[] {
  if (typeof value !== 'object' || value === null) return [];
  if ('secretRef' in value && typeof value.secretRef === 'string') {
    return [{ name: value.secretRef, pointer }];
  }
  return Object.entries(value).flatMap(([key, member]) =>
    referencesIn(member, `${pointer}/${escapePointer(key)}`),
  );
}

/** By the field as it is written: all that decides who gets what is sent, and who can read it. */
type Destination = Readonly<Record<string, unknown>>;

function destinationOf(check: CheckDefinition): Destination {
  const { type } = check;
  switch (check.type) {
    case 'http': {
      const { headers, tls } = check.http;
      return { type, url: originOf(check.url), ...virtualHost(type, headers), ...proof(type, tls) };
    }
    case 'websocket': {
      const { headers, tls } = check.websocket;
      return { type, url: originOf(check.url), ...virtualHost(type, headers), ...proof(type, tls) };
    }
    case 'grpc':
      return { ...endpointOf(check), ...proof(type, check.grpc.tls) };
    case 'tls':
      return { ...endpointOf(check), ...proof(type, check.tls, '') };
    case 'smtp': {
      const { security, tls } = check.smtp;
      return { ...endpointOf(check), 'smtp/security': security, ...proof(type, tls) };
    }
    case 'tcp': {
      const { implicitTls, script, tls } = check.tcp;
      const startTlsAt = script.findIndex((step) => 'startTls' in step);
      const secured = { 'tcp/implicitTls': implicitTls, 'tcp/script': startTlsAt };
      return { ...endpointOf(check), ...secured, ...proof(type, tls) };
    }
    case 'dns':
    case 'icmp':
    case 'heartbeat':
      return { type };
  }
}

const endpointOf = ({ type, host, port }: { type: string; host: string; port: number }) => ({
  type,
  host,
  port,
});

function originOf(url: string): string {
  return URL.canParse(url) ? new URL(url).origin : url;
}

/** One address serves many, and this header says whom. */
function virtualHost(type: string, headers: Readonly<Record<string, unknown>>): Destination {
  return { [`${type}/headers/host`]: headers['host'] };
}

type Tls = { verify: boolean; serverName: string | null; ca: string | null } | null;

/** What a server must prove before it is told anything. */
function proof(type: string, tls: Tls, block = '/tls'): Destination {
  const at = `${type}${block}`;
  if (tls === null) return { [at]: 'none' };
  const { verify, serverName, ca } = tls;
  return { [`${at}/verify`]: verify, [`${at}/serverName`]: serverName, [`${at}/ca`]: ca };
}

/** The first field that differs; to ask for more proof than before is no other destination. */
function movedBetween(before: Destination, now: Destination): string | null {
  const fields = [...new Set([...Object.keys(before), ...Object.keys(now)])];
  const isStricter = (field: string): boolean => field.endsWith('/verify') && now[field] === true;
  const moved = fields.find((field) => before[field] !== now[field] && !isStricter(field));
  return moved === undefined ? null : `/${moved}`;
}

/** Whether a secret has this value already; one that cannot be read is to be written again. */
export function isStored(
  name: string,
  value: string,
  stored: StoredMonitor,
  box: SecretBox,
): boolean {
  if (!Object.hasOwn(stored.sealedSecrets, name)) return false;
  try {
    return box.open(stored.definition.id, name, stored.sealedSecrets[name] ?? '') === value;
  } catch (error) {
    if (isTrustMonitorError(error, 'key.invalid')) return false;
    throw error;
  }
}
