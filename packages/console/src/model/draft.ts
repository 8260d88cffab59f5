/** A monitor as the form has it, and as it is written. What the form does not show is kept as it was. */

export type Fields = Readonly<Record<string, unknown>>;

export interface Draft {
  readonly name: string;
  readonly type: string;
  /** URL, or host. */
  readonly target: string;
  readonly port: string;
  readonly interval: string;
  readonly timeout: string;
  /** Of a heartbeat: how often its job reports, and how much later it may. */
  readonly period: string;
  readonly grace: string;
  readonly mode: string;
  readonly quorum: string;
  readonly group: string;
  /** By commas. */
  readonly regions: string;
  /** One a line. */
  readonly assertions: string;
  readonly slo: string;
}

export const EMPTY: Draft = {
  name: '',
  type: 'http',
  target: 'https://',
  port: '',
  interval: '30s',
  timeout: '10s',
  period: '',
  grace: '',
  mode: 'rotate',
  quorum: 'majority',
  group: '',
  regions: '',
  assertions: '',
  slo: '',
};

/** Kinds that can be asked once. */
export const ASKED_KINDS = [
  ['http', 'HTTP'],
  ['tcp', 'TCP'],
  ['tls', 'TLS'],
  ['dns', 'DNS'],
  ['icmp', 'Ping'],
  ['grpc', 'gRPC health'],
  ['websocket', 'WebSocket'],
  ['smtp', 'SMTP'],
] as const;

export const KINDS = [...ASKED_KINDS, ['heartbeat', 'Heartbeat: a job reports in']] as const;

/** Kinds that are given by a URL; of the others all but a heartbeat take a host. */
export const hasUrl = (type: string): boolean => type === 'http' || type === 'websocket';

/** Nobody asks: a job reports in. It has no target, no regions and nothing to assert. */
export const isHeartbeat = (type: string): boolean => type === 'heartbeat';

/** Kinds that take a port, with the one that is usual; null where it has to be said. */
const PORTS: ReadonlyMap<string, string | null> = new Map([
  ['tcp', null],
  ['tls', '443'],
  ['grpc', '443'],
  ['smtp', '25'],
]);

/** `undefined`: the kind takes no port. */
export const usualPort = (type: string): string | null | undefined => PORTS.get(type);

/** What was typed, where it is no address yet, gives way to how the other kind's begins. */
export function ofKind({ target }: Draft, type: string): Pick<Draft, 'type' | 'target'> {
  if (hasUrl(type)) return { type, target: target.trim() === '' ? EMPTY.target : target };
  return { type, target: target === EMPTY.target ? '' : target };
}

const text = (value: unknown): string =>
  typeof value === 'string' ? value : typeof value === 'number' ? String(value) : '';

const lines = (value: unknown): string[] => (Array.isArray(value) ? value.map(text) : []);

/** From what is written; what is not there is as usual. */
export function draftOf(written: Fields): Draft {
  const type = text(written['type']) || 'http';
  const slo = written['slo'] as { target?: unknown } | null | undefined;
  const heartbeat = written['heartbeat'] as Fields | null | undefined;
  return {
    name: text(written['name']),
    type,
    target: text(written[hasUrl(type) ? 'url' : 'host']),
    port: text(written['port']),
    interval: text(written['interval']) || EMPTY.interval,
    timeout: text(written['timeout']) || EMPTY.timeout,
    period: text(heartbeat?.['period']),
    grace: text(heartbeat?.['grace']),
    mode: text(written['mode']) || EMPTY.mode,
    quorum: text(written['quorum']) || EMPTY.quorum,
    group: text(written['group']),
    regions: lines(written['regions']).join(', '),
    assertions: lines(written['assertions']).join('\n'),
    slo: text(slo?.target),
  };
}

/** `written` with what the form says in place of what it said before. */
export function applyDraft(written: Fields, draft: Draft): Fields {
  const { type } = draft;
  return without({
    ...written,
    name: draft.name,
    type: type === 'http' ? undefined : type,
    ...placeOf(draft),
    group: optional(draft.group),
    interval: unless(draft.interval, EMPTY.interval),
    timeout: unless(draft.timeout, EMPTY.timeout),
    mode: unless(draft.mode, EMPTY.mode),
    ...(isHeartbeat(type) ? reportsOf(written, draft) : votesOf(written, draft)),
    slo: sloOf(written['slo'], draft.slo),
  });
}

function placeOf({ type, target, port }: Draft): Fields {
  const nowhere = { url: undefined, host: undefined, port: undefined };
  if (isHeartbeat(type)) return nowhere;
  if (hasUrl(type)) return { ...nowhere, url: target };
  const given = usualPort(type) === undefined ? '' : port.trim();
  return { ...nowhere, host: target, port: given === '' ? undefined : Number(given) };
}

/** What the server refuses of a heartbeat is left out. */
function reportsOf({ heartbeat }: Fields, { period, grace }: Draft): Fields {
  const known = typeof heartbeat === 'object' && heartbeat !== null ? heartbeat : {};
  return {
    ...{ quorum: undefined, regions: undefined, assertions: undefined },
    heartbeat: without({ ...known, period: period.trim(), grace: optional(grace) }),
  };
}

function votesOf(written: Fields, { quorum, regions, assertions }: Draft): Fields {
  return {
    heartbeat: undefined,
    quorum: quorumOf(quorum),
    regions: listOf(regions, ','),
    // Assertions that are written as objects are not for a line of text.
    assertions: keepsObjects(written) ? written['assertions'] : listOf(assertions, '\n'),
  };
}

export const keepsObjects = (written: Fields): boolean =>
  Array.isArray(written['assertions']) &&
  written['assertions'].some((assertion) => typeof assertion !== 'string');

const optional = (value: string): string | undefined =>
  value.trim() === '' ? undefined : value.trim();

const unless = (value: string, usual: string): string | undefined =>
  value.trim() === usual ? undefined : optional(value);

function quorumOf(value: string): string | number | undefined {
  const given = unless(value, EMPTY.quorum);
  return given !== undefined && /^\d+$/.test(given) ? Number(given) : given;
}

function listOf(value: string, separator: string): string[] | undefined {
  const parts = value.split(separator).map((part) => part.trim());
  const known = parts.filter(Boolean);
  return known.length === 0 ? undefined : known;
}

function sloOf(before: unknown, target: string): unknown {
  if (target.trim() === '') return undefined;
  const known = typeof before === 'object' && before !== null ? before : {};
  const value = Number(target.replace('%', ''));
  return { ...known, target: Number.isNaN(value) ? target : value };
}

function without(fields: Record<string, unknown>): Fields {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}

/** A check that is run once, of what the form for it asks. */
export function checkOfDraft(draft: Draft): Fields {
  const { type, url, host, port, regions, quorum, assertions } = applyDraft({}, draft);
  return without({ type, url, host, port, regions, quorum, assertions });
}

/** A copy is another monitor: the server names it. */
export function cloneOf(written: Fields): Fields {
  return without({ ...written, id: undefined, name: `${text(written['name'])} (copy)` });
}
