/** The types of Uptime Kuma -> kinds of checks. */
import type { Probe, Probed, Say } from './draft.ts';
import { draftHttp } from './kuma-http.ts';
import { given, isTrue, numberOf, orNull, textOf, type Fields } from './values.ts';

export function draftProbe(type: string, monitor: Fields, say: Say): Probed {
  const host = textOf(monitor['hostname']) ?? '';
  const port = numberOf(monitor['port']);
  switch (type) {
    case 'http':
    case 'keyword':
    case 'json-query':
      return draftHttp(type, monitor, say);
    case 'port':
      return only({ type: 'tcp', host, ...given({ port }) });
    case 'ping': {
      const icmp = orNull(given({ ipFamily: familyOf(monitor) }));
      return only({ type: 'icmp', host, ...given({ icmp }) });
    }
    case 'dns':
      return dns(host, port, monitor, say);
    case 'push':
      say('reports to another address now: see `pingUrl` of the monitor');
      return only({
        type: 'heartbeat',
        heartbeat: { period: `${numberOf(monitor['interval']) ?? 60}s` },
      });
    case 'grpc-keyword':
      return grpc(monitor, say);
    case 'smtp':
      return smtp(host, port, monitor);
    case 'websocket-upgrade': {
      const subprotocols = textOf(monitor['ws_subprotocol'])?.split(/\s*,\s*/);
      const websocket = subprotocols === undefined ? null : { subprotocols };
      return only({
        type: 'websocket',
        url: textOf(monitor['url']) ?? '',
        ...given({ websocket }),
      });
    }
    default:
      return { why: reasonFor(type) };
  }
}

const only = (input: Fields): Probe => ({ input, assertions: [] });

/** With a protocol of their own over TCP: that the port is open can be checked. */
const OVER_TCP: readonly string[] = [
  ...['mqtt', 'sqlserver', 'postgres', 'mysql', 'mongodb', 'redis', 'oracledb', 'rabbitmq'],
  ...['kafka-producer', 'gamedig', 'steam', 'sip-options'],
];

function reasonFor(type: string): string {
  if (OVER_TCP.includes(type)) {
    return `there is no check for ${type}; a monitor of type tcp looks whether its port answers`;
  }
  if (type === 'docker' || type === 'system-service') {
    return `there is no check for ${type}; let it report in to a monitor of type heartbeat`;
  }
  return `there is no check for ${type === '' ? 'a monitor without a type' : type}`;
}

function familyOf(monitor: Fields): string | null {
  const family = textOf(monitor['ip_family']);
  return family === 'ipv4' || family === 'ipv6' ? family : null;
}

function dns(host: string, port: number | null, monitor: Fields, say: Say): Probed {
  const recordType = textOf(monitor['dns_resolve_type']) ?? 'A';
  if (recordType === 'PTR') return { why: 'there is no DNS check of PTR records' };
  const [first, ...others] = (textOf(monitor['dns_resolve_server']) ?? '')
    .split(',')
    .map((server) => server.trim());
  if (others.length > 0) say(`is asked of ${first ?? ''} only: one monitor asks one name server`);
  if (textOf(monitor['conditions']) !== null && monitor['conditions'] !== '[]') {
    say('its conditions were left out: write assertions about dns.answers');
  }
  const isUsual = port === null || port === 53;
  const server = first === undefined || first === '' ? null : isUsual ? first : `${first}:${port}`;
  return only({ type: 'dns', host, dns: given({ recordType, server }) });
}

/** Theirs calls any method; ours asks the standard health service. */
function grpc(monitor: Fields, say: Say): Probed {
  const url = textOf(monitor['grpc_url']) ?? '';
  const address = /^(?:grpcs?:\/\/)?\[?([^\]/]+?)\]?:(\d+)$/.exec(url);
  if (address === null) return { why: `"${url}" has no host and port` };
  say('asks the standard health service (grpc.health.v1.Health); its own call was left out');
  const block = isTrue(monitor['grpc_enable_tls']) ? null : { tls: false };
  return only({
    type: 'grpc',
    host: address[1] ?? '',
    port: Number(address[2]),
    ...given({ grpc: block }),
  });
}

const SMTP_SECURITY: Readonly<Record<string, string>> = {
  secure: 'implicit',
  starttls: 'starttls',
  nostarttls: 'none',
};

function smtp(host: string, port: number | null, monitor: Fields): Probed {
  const security = SMTP_SECURITY[textOf(monitor['smtp_security']) ?? ''] ?? null;
  const block = orNull(given({ security }));
  return only({ type: 'smtp', host, ...given({ port, smtp: block }) });
}
