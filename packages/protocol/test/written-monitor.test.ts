/** What a person would have written for a complete monitor. */
import { expect, it } from 'vitest';
import { completeMonitor, type MonitorInput } from '../src/monitor-input.ts';
import { writtenMonitor } from '../src/written-monitor.ts';

const CERTIFICATE = '-----BEGIN CERTIFICATE-----\nAA==\n-----END CERTIFICATE-----\n';
const key = { secretRef: 'tcp.tls.client.key' };

/** Each is as short as it can be, and so comes back as it is. */
const SHORTEST: readonly MonitorInput[] = [
  { id: 'a', name: 'A', url: 'https://a.test/' },
  {
    ...{ id: 'b', name: 'Another', group: 'Shop', labels: { team: 'pay' }, enabled: false },
    url: 'http://b.test/?q=${X}',
    http: {
      method: 'POST',
      headers: { accept: 'text/plain', authorization: { secretRef: 'http.headers.authorization' } },
      body: { secretRef: 'http.body' },
      auth: { basic: { username: 'u', password: { secretRef: 'http.auth.password' } } },
      version: 'auto',
      followRedirects: false,
      tls: { verify: false, ca: CERTIFICATE },
    },
    interval: '1m30s',
    timeout: '2s500ms',
    retries: 0,
    degradedAfter: '800ms',
    assertions: ['status in 200..299, 304', 'json($.a) == "b"', 'header(x-cache) exists'],
    mode: 'all',
    regions: ['eu-*', 'us-east'],
    quorum: '2/3',
    confirm: { rounds: 3 },
    recover: { rounds: 1 },
    partial: 'incident',
    alerts: [
      { notify: 'ops', onResolve: false },
      { notify: 'boss', after: '10m', remindEvery: '1h' },
    ],
    dependsOn: ['db'],
    runbook: 'https://wiki.test/b',
  },
  {
    id: 'c',
    name: 'C',
    url: 'https://c.test/',
    http: { auth: { bearer: { secretRef: 'x' } }, query: { t: { secretRef: 'y' } } },
  },
  {
    ...{ id: 'd', name: 'D', type: 'tcp', host: 'd.test', port: 25, interval: '5s' },
    tcp: {
      script: [{ expect: '^220' }, { send: 'EHLO x\r\n' }, { startTls: true }],
      tls: { client: { certificate: CERTIFICATE, key } },
    },
  },
  { id: 'e', name: 'E', type: 'tls', host: 'e.test', tls: { alpn: ['h2'], ipFamily: 'ipv6' } },
  {
    ...{ id: 'f', name: 'F', type: 'dns', host: 'f.test' },
    dns: { server: '9.9.9.9', recordType: 'MX', transport: 'tcp' },
    assertions: ['dns.rcode == NOERROR', 'dns.count >= 1'],
  },
  { id: 'g', name: 'G', type: 'icmp', host: 'g.test', icmp: { count: 5 }, alerts: [] },
  { id: 'h', name: 'H', type: 'grpc', host: 'h.test', port: 1, grpc: { service: 's', tls: false } },
  {
    ...{ id: 'i', name: 'I', type: 'websocket', url: 'wss://i.test/' },
    websocket: { subprotocols: ['chat'], send: 'ping', expect: 'pong' },
  },
  { id: 'j', name: 'J', type: 'smtp', host: 'j.test', smtp: { security: 'starttls' } },
  { id: 'k', name: 'K', type: 'heartbeat', heartbeat: { period: '1d', grace: '5m' } },
];

it.each(SHORTEST)('$id $type', (input) => {
  const monitor = completeMonitor(input);
  const again = writtenMonitor(monitor);
  expect(again).toEqual(input);
  expect(completeMonitor(again)).toEqual(monitor);
});
