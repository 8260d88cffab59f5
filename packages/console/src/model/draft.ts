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
  mode: 'rotate',
  quorum: 'majority',
  group: '',
  regions: '',
  assertions: '',
  slo: '',
};

/** Kinds that are given by a URL; the others take a host. */
export const hasUrl = (type: string): boolean => type === 'http' || type === 'websocket';

const text = (value: unknown): string =>
  typeof value === 'string' ? value : typeof value === 'number' ? String(value) : '';

const lines = (value: unknown): string[] => (Array.isArray(value) ? value.map(text) : []);

/** From what is written; what is not there is as usual. */
export function draftOf(written: Fields): Draft {
  const type = text(written['type']) || 'http';
  const slo = written['slo'] as { target?: unknown } | null | undefined;
  return {
    name: text(written['name']),
    type,
    target: text(written[hasUrl(type) ? 'url' : 'host']),
    port: text(written['port']),
    interval: text(written['interval']) || EMPTY.interval,
    timeout: text(written['timeout']) || EMPTY.timeout,
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
  const { type, target, port } = draft;
  const place = hasUrl(type)
    ? { url: target, host: undefined, port: undefined }
    : { url: undefined, host: target, port: port === '' ? undefined : Number(port) };
  return without({
    ...written,
    name: draft.name,
    type: type === 'http' ? undefined : type,
    ...place,
    group: optional(draft.group),
    interval: unless(draft.interval, EMPTY.interval),
    timeout: unless(draft.timeout, EMPTY.timeout),
    mode: unless(draft.mode, EMPTY.mode),
    quorum: quorumOf(draft.quorum),
    regions: listOf(draft.regions, ','),
    // Assertions that are written as objects are not for a line of text.
    assertions: keepsObjects(written) ? written['assertions'] : listOf(draft.assertions, '\n'),
    slo: sloOf(written['slo'], draft.slo),
  });
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

/** For a check that is run once: what makes it come back is left out. */
export function checkOf(written: Fields): Fields {
  const kept = new Set([
    ...['type', 'url', 'host', 'port', 'http', 'tcp', 'tls', 'dns', 'icmp', 'grpc', 'websocket'],
    ...['smtp', 'expected_status', 'timeout', 'retries', 'degradedAfter', 'assertions'],
    ...['regions', 'quorum'],
  ]);
  return Object.fromEntries(Object.entries(written).filter(([name]) => kept.has(name)));
}

/** A copy is another monitor: the server names it. */
export function cloneOf(written: Fields): Fields {
  return without({ ...written, id: undefined, name: `${text(written['name'])} (copy)` });
}
