/**
 * Metrics of single probes, under the names of blackbox_exporter, so that its dashboards and alerts
 * go on working: https://github.com/prometheus/blackbox_exporter. `monitor` and `region` take the
 * place of `instance`.
 */
import { uuid7Time, type CheckDefinition } from '@trustmonitor/protocol';
import type { Family, Labels, Sample } from './exposition.ts';
import type { Seen } from './newest-results.ts';

/** The newest probe of one region, with what was probed. */
export interface ShownProbe {
  readonly monitor: string;
  readonly region: string;
  readonly kind: CheckDefinition['type'];
  readonly seen: Seen;
}

/** A value, with labels beside those of every probe; null where the probe has none. */
type Reading = Sample | number | null;

interface ProbeFamily {
  readonly name: string;
  readonly help: string;
  readonly read: (seen: Seen, kind: ShownProbe['kind']) => Reading | readonly Reading[];
}

const FAMILIES: readonly ProbeFamily[] = [
  {
    name: 'probe_success',
    help: 'Whether the newest probe of a region succeeded; absent where it abstained.',
    read: ({ outcome }) => (outcome === 'abstain' ? null : Number(outcome === 'up')),
  },
  {
    name: 'probe_duration_seconds',
    help: 'How long the newest probe took.',
    read: ({ phases }) => seconds(phases.totalUs),
  },
  {
    name: 'probe_failure_info',
    help: 'Why the newest probe failed or abstained; absent where it succeeded.',
    read: ({ failure }) => (failure === null ? null : { labels: { class: failure }, value: 1 }),
  },
  {
    name: 'probe_dns_lookup_time_seconds',
    help: 'How long the name took to resolve.',
    read: ({ phases }) => seconds(phases.resolveUs),
  },
  {
    name: 'probe_ip_protocol',
    help: 'Version of IP that was probed over, 4 or 6.',
    read: ({ family }) => family,
  },
  {
    name: 'probe_http_status_code',
    help: 'Status of the HTTP answer; 0 without one.',
    read: ({ status }, kind) => (kind === 'http' ? (status ?? 0) : null),
  },
  {
    name: 'probe_http_duration_seconds',
    help: 'Duration of the HTTP request by phase; phases that were not reached are absent.',
    read: ({ phases }, kind) =>
      kind !== 'http'
        ? null
        : [
            phase('resolve', phases.resolveUs),
            phase('connect', phases.connectUs),
            phase('tls', phases.tlsUs),
            phase('processing', phases.processingUs),
            phase('transfer', phases.transferUs),
          ],
  },
  {
    name: 'probe_http_uncompressed_body_length',
    help: 'Length of the HTTP content after decompression, in bytes.',
    read: ({ bodyBytes }, kind) => (kind === 'http' ? bodyBytes : null),
  },
  {
    name: 'probe_http_ssl',
    help: 'Whether the HTTP answer came over TLS.',
    read: ({ status, tlsVersion }, kind) =>
      kind === 'http' && status !== null ? Number(tlsVersion !== null) : null,
  },
  {
    name: 'probe_dns_duration_seconds',
    help: 'Duration of the DNS request by phase; phases that were not reached are absent.',
    read: ({ phases }, kind) =>
      kind !== 'dns'
        ? null
        : [
            phase('resolve', phases.resolveUs),
            phase('connect', phases.connectUs),
            phase('request', phases.processingUs),
          ],
  },
  {
    name: 'probe_icmp_duration_seconds',
    help: 'Duration of the ICMP request by phase; rtt is the mean of the packets that came back.',
    read: ({ phases, pingMeanUs }, kind) =>
      kind === 'icmp' ? [phase('resolve', phases.resolveUs), phase('rtt', pingMeanUs)] : null,
  },
  {
    name: 'probe_ssl_earliest_cert_expiry',
    help: 'When the first of the certificates expires, in seconds since 1970.',
    read: ({ certificateExpiresAtMs: at }) => (at === null ? null : at / 1_000),
  },
  {
    name: 'probe_tls_version_info',
    help: 'Version of TLS that was used.',
    // As blackbox_exporter spells it: "TLS 1.3", where Node has "TLSv1.3".
    read: ({ tlsVersion }) =>
      tlsVersion === null
        ? null
        : { labels: { version: tlsVersion.replace('TLSv', 'TLS ') }, value: 1 },
  },
  {
    name: 'trustmonitor_probe_timestamp_seconds',
    help: 'When the round of the newest probe was opened, in seconds since 1970.',
    read: ({ round }) => uuid7Time(round) / 1_000,
  },
];

export function probeFamilies(probes: readonly ShownProbe[]): Family[] {
  return FAMILIES.map(({ name, help, read }) => ({
    name,
    help,
    type: 'gauge',
    samples: samplesOf(probes, read),
  }));
}

function* samplesOf(probes: readonly ShownProbe[], read: ProbeFamily['read']): Iterable<Sample> {
  for (const { monitor, region, kind, seen } of probes) {
    const readings = read(seen, kind);
    for (const reading of isMany(readings) ? readings : [readings]) {
      if (reading !== null) yield withLabels(reading, { monitor, region });
    }
  }
}

function isMany(readings: Reading | readonly Reading[]): readings is readonly Reading[] {
  return Array.isArray(readings);
}

function withLabels(reading: Sample | number, labels: Labels): Sample {
  if (typeof reading === 'number') return { labels, value: reading };
  return { ...reading, labels: { ...labels, ...reading.labels } };
}

function phase(name: string, us: number | null): Sample | null {
  return us === null ? null : { labels: { phase: name }, value: us / 1_000_000 };
}

function seconds(us: number | null): number | null {
  return us === null ? null : us / 1_000_000;
}
