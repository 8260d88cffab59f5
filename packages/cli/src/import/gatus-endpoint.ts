/** One endpoint of Gatus -> the draft of a monitor. */
import { formatDuration } from '@trustmonitor/protocol';
import { at } from '../monitors-file/misfits.ts';
import type { Draft, DraftAssertion, Note } from './draft.ts';
import { translateCondition } from './gatus-conditions.ts';
import { milliseconds } from './go-duration.ts';
import { fieldsOf, given, numberOf, orNull, textOf, type Fields } from './values.ts';

/** Type, target and the block of the kind; or why there is none. */
type Probe = Fields | { readonly why: string };

const NO_KIND: Readonly<Record<string, string>> = {
  udp: 'there is no check of UDP',
  sctp: 'there is no check of SCTP',
};

/** Settings of the client that no monitor has. */
const CLIENT_SETTINGS: Readonly<Record<string, string>> = {
  'dns-resolver': 'agents use the resolver of their machine',
  oauth2: 'fetch no tokens; give a token as `http.auth.bearer`',
  'identity-aware-proxy': 'fetch no tokens; give a token as `http.auth.bearer`',
  'proxy-url': 'agents use no proxy; run one where the target can be reached',
  tls: 'write the certificate and the key at `http.tls.client`',
  tunnel: 'run an agent inside the network instead',
};

export function draftEndpoint(fields: Fields, where: string, notes: Note[]): Draft[] {
  const probe = probeOf(fields);
  if ('why' in probe) {
    notes.push({ where, what: `was left out: ${String(probe['why'])}` });
    return [];
  }
  for (const [setting, instead] of Object.entries(CLIENT_SETTINGS)) {
    if (at(fields, ['client', setting]) === undefined) continue;
    notes.push({ where, what: `client.${setting} was left out: ${instead}` });
  }
  if (fields['maintenance-windows'] !== undefined) {
    notes.push({
      where,
      what: 'maintenance-windows were left out: pause the monitor over the API',
    });
  }
  if (probe['type'] === 'tcp' && textOf(fields['url'])?.startsWith('ssh:') === true) {
    notes.push({ where, what: 'only the greeting of the SSH server is looked at: nobody logs in' });
  }
  const input = { ...generalOf(fields), ...probe };
  return [{ where, input, assertions: assertionsOf(fields, probe, where, notes) }];
}

function generalOf(fields: Fields) {
  const intervalMs = milliseconds(textOf(fields['interval']) ?? '1m') ?? 60_000;
  const timeoutMs = milliseconds(textOf(at(fields, ['client', 'timeout'])) ?? '');
  const [alert] = Array.isArray(fields['alerts']) ? (fields['alerts'] as unknown[]) : [];
  const failures = numberOf(at(alert, ['failure-threshold']));
  const successes = numberOf(at(alert, ['success-threshold']));
  return {
    name: textOf(fields['name']) ?? textOf(fields['url']) ?? '',
    ...given({
      group: textOf(fields['group']),
      labels: orNull(labelsOf(fieldsOf(fields['extra-labels']))),
      enabled: fields['enabled'] === false ? false : null,
      interval: formatDuration(Math.max(1_000, intervalMs)),
      timeout: timeoutMs === null ? null : formatDuration(Math.min(timeoutMs, intervalMs)),
      confirm: failures === null ? null : { rounds: Math.min(20, failures) },
      recover: successes === null ? null : { rounds: Math.min(20, successes) },
    }),
  };
}

function labelsOf(labels: Fields): Fields {
  return given(Object.fromEntries(Object.entries(labels).map(([k, v]) => [k, textOf(v)])));
}

function probeOf(fields: Fields): Probe {
  const url = textOf(fields['url']) ?? '';
  const dns = fieldsOf(fields['dns']);
  if (fields['dns'] !== undefined) {
    const type = textOf(dns['query-type']) ?? 'A';
    if (type === 'PTR') return { why: 'there is no DNS check of PTR records' };
    const block = given({ server: url.replace(/:53$/, ''), recordType: type });
    return { type: 'dns', host: textOf(dns['query-name'])?.replace(/\.$/, '') ?? '', dns: block };
  }
  const scheme = /^([a-z]+):\/\//.exec(url)?.[1];
  const unknown = NO_KIND[scheme ?? ''];
  if (unknown !== undefined) return { why: unknown };
  switch (scheme) {
    case 'http':
    case 'https':
    case undefined:
      return { url, ...given({ http: orNull(httpOf(fields)) }) };
    case 'ws':
    case 'wss':
      return { type: 'websocket', url, ...given({ websocket: orNull(websocketOf(fields)) }) };
    case 'icmp':
      return { type: 'icmp', host: url.slice('icmp://'.length) };
    default:
      return socketOf(scheme, url, fields);
  }
}

function socketOf(scheme: string, url: string, fields: Fields): Probe {
  const { host, port } = addressOf(url);
  const tls = tlsOf(fields);
  switch (scheme) {
    case 'tcp':
      return { type: 'tcp', host, port };
    case 'ssh': {
      const script = [{ expect: '^SSH-' }];
      return { type: 'tcp', host, port: port ?? 22, tcp: { script } };
    }
    case 'tls':
      return { type: 'tls', host, ...given({ port, tls }) };
    case 'starttls': {
      const smtp = { security: 'starttls', ...given({ tls }) };
      return { type: 'smtp', host, ...given({ port }), smtp };
    }
    case 'grpc':
      return { type: 'grpc', host, port: port ?? 80, grpc: { tls: false } };
    case 'grpcs':
      return { type: 'grpc', host, ...given({ port, grpc: tls === null ? null : { tls } }) };
    default:
      return { why: `there is no check for ${scheme}://` };
  }
}

function addressOf(url: string): { host: string; port: number | null } {
  const match = /^[a-z]+:\/\/(?:\[([^\]]+)\]|([^:/?#]+))(?::(\d+))?/.exec(url);
  return { host: match?.[1] ?? match?.[2] ?? '', port: numberOf(match?.[3]) };
}

function tlsOf(fields: Fields): Fields | null {
  return at(fields, ['client', 'insecure']) === true ? { verify: false } : null;
}

function httpOf(fields: Fields): Fields {
  const isGraphql = fields['graphql'] === true;
  const body = textOf(fields['body']);
  const headers = headersOf(fields, isGraphql ? { 'content-type': 'application/json' } : {});
  const method = textOf(fields['method']);
  const network = textOf(at(fields, ['client', 'network']));
  return given({
    method: method === null || method === 'GET' ? null : method.toUpperCase(),
    headers,
    body: isGraphql && body !== null ? JSON.stringify({ query: body }) : body,
    followRedirects: at(fields, ['client', 'ignore-redirect']) === true ? false : null,
    ipFamily: network === 'ip4' ? 'ipv4' : network === 'ip6' ? 'ipv6' : null,
    tls: tlsOf(fields),
  });
}

/** Header names in any case; what they set wins over what is usual. */
function headersOf(fields: Fields, usual: Fields): Fields | null {
  const own = Object.entries(fieldsOf(fields['headers'])).map(
    ([name, value]) => [name.toLowerCase(), textOf(value)] as const,
  );
  return orNull(given({ ...usual, ...Object.fromEntries(own) }));
}

function websocketOf(fields: Fields): Fields {
  return given({
    headers: headersOf(fields, {}),
    send: textOf(fields['body']),
    tls: tlsOf(fields),
  });
}

function assertionsOf(
  fields: Fields,
  probe: Fields,
  where: string,
  notes: Note[],
): DraftAssertion[] {
  const conditions = Array.isArray(fields['conditions']) ? (fields['conditions'] as unknown[]) : [];
  const assertions = conditions.flatMap((condition): DraftAssertion[] => {
    const source = String(condition);
    const translated = translateCondition(source, probe['type'] === 'dns');
    if ('texts' in translated) return translated.texts.map((text) => ({ text, source }));
    notes.push({ where, what: `"${source}" was left out: ${translated.why}` });
    return [];
  });
  const asksForStatus = assertions.some(({ text }) => text.startsWith('status '));
  // Without a condition about it they take any status, and we would take those below 400.
  if (asksForStatus || probe['type'] !== undefined) return assertions;
  return [{ text: 'status < 600', source: 'any status' }, ...assertions];
}
