/** One message of each type, with names that try to be markup, mentions and headers. */
import { formatTimestamp, type Uuid7 } from '@trustmonitor/protocol';
import type { GroupMessage } from '../../src/alerts/message.ts';
import type { IncidentMessage } from '../../src/alerts/incident-message.ts';
import type { Message as Payload } from '../../src/announce.ts';
import { anomalyMessageOf } from '../../src/anomalies/message.ts';
import type { Message } from '../../src/notify/channel.ts';
import { monitorOf } from './watched.ts';

const at = formatTimestamp(Date.parse('2026-01-31T12:00:00Z'));
const later = formatTimestamp(Date.parse('2026-01-31T13:05:09Z'));
export const INCIDENT = '01980f5e-2b7c-7d3a-9c41-5f0e8a6b2d17' as Uuid7;

/** What a monitor can be called. */
export const HOSTILE =
  '<!channel> <@U1> @everyone @admin *b* _i_ ~s~ `c` <b>x</b> [x](http://x.example) ||y|| \r\nBcc: x';

export function incidentMessage(changes: Partial<IncidentMessage> = {}): IncidentMessage {
  return {
    type: 'incident.opened',
    at,
    incident: INCIDENT,
    monitor: { id: 'checkout', name: 'Checkout', target: 'https://shop.example/health' },
    verdict: 'down',
    summary: 'Checkout is down: 4 of 5 regions agree',
    reason: 'the connection was refused (203.0.113.9:443)',
    since: at,
    regionsDown: ['ap', 'eu', 'sa', 'us'],
    regions: ['af', 'ap', 'eu', 'sa', 'us'],
    runbook: 'https://wiki.example/checkout?a=1&b=<2>',
    links: {
      incident: `https://tm.example/v1/incidents/${INCIDENT}`,
      evidence: `https://tm.example/v1/incidents/${INCIDENT}/evidence`,
      runbook: 'https://tm.example/runbooks/incident.down.md',
      dashboard: 'https://graphs.example/d/checkout',
    },
    failureClass: 'connect_refused',
    dissent: [{ region: 'af', saw: 'it is up (84 ms)' }],
    changes: ['the address is 203.0.113.9, was 203.0.113.8 (ap, eu)'],
    trace: { id: 'c0ffee00'.repeat(4), url: 'https://traces.example/c0ffee' },
    verify: 'trustmonitor evidence X > bundle.json && trustmonitor verify bundle.json',
    ...changes,
  };
}

const runbook = 'https://tm.example/runbooks/region.lost.md';
const notice = { at, since: at, links: { notices: 'https://tm.example/v1/notices', runbook } };
const agents = { agents: 'https://tm.example/v1/agents', runbook };

export const TEST: Payload = { type: 'channel.test', at, summary: 'A test of the channel ops' };

const flapping = {
  ...({ at: later, since: at, verdict: 'down', runbook: null } as const),
  links: {
    incident: `https://tm.example/v1/incidents/${INCIDENT}`,
    runbook: 'https://tm.example/runbooks/monitor.flapping.md',
  },
  monitor: { id: 'checkout', name: HOSTILE, target: 'https://shop.example/health' },
};

export const GROUP: GroupMessage = {
  ...{ type: 'alerts.grouped', at: later, summary: '3 alerts: 2 opened, 1 resolved (Checkout)' },
  alerts: [
    incidentMessage({ type: 'incident.resolved', at: later, regionsDown: [] }),
    ...['8', '9'].map((digit) =>
      incidentMessage({
        incident: `${INCIDENT.slice(0, -1)}${digit}`,
        summary: `${HOSTILE} is down`,
      }),
    ),
  ],
};

/** As many agents as no message has lines for. */
export function flagsOf(count: number): Payload {
  return {
    ...{ type: 'monitoring.agents_flagged', at, summary: 'Look at them', links: agents },
    agents: Array.from({ length: count }, (_, i) => {
      return { agent: `probe${10 + i}`, agreement: 0.41, monitors: ['checkout'] };
    }),
  };
}

/** What the router says beside beginnings and ends. */
const BY_ROUTING: readonly Payload[] = [
  incidentMessage({ type: 'incident.acknowledged', at: later }),
  incidentMessage({ type: 'incident.reminder', at: later }),
  incidentMessage({ type: 'incident.escalated', at: later }),
  { ...flapping, type: 'monitor.flapping', summary: `${HOSTILE} goes down and up` },
  { ...flapping, type: 'monitor.settled', summary: `${HOSTILE} does not flap any more` },
  GROUP,
];

export const PAYLOADS: readonly Payload[] = [
  incidentMessage(),
  incidentMessage({ type: 'incident.updated', verdict: 'partial', trace: null }),
  incidentMessage({ type: 'incident.resolved', verdict: 'up', at: later, regionsDown: [] }),
  incidentMessage({
    monitor: { id: 'x', name: HOSTILE, target: `https://x.example/?${HOSTILE}` },
    summary: `${HOSTILE} is down`,
    reason: HOSTILE,
    runbook: HOSTILE,
  }),
  incidentMessage({
    monitor: {
      id: 'long',
      name: '💥'.repeat(9_000),
      target: `https://x.example/${'a'.repeat(9_000)}`,
    },
    summary: `${'💥'.repeat(9_000)} is down`,
    reason: '@<&*'.repeat(9_000),
    runbook: `https://wiki.example/${'b'.repeat(1_900)}`,
  }),
  {
    ...{ type: 'monitoring.unknown', at, since: at, summary: '2 monitors are unknown' },
    ...{ unknown: 2, monitors: ['a', 'b'], silentRegions: ['eu'], links: agents },
  },
  {
    ...{ type: 'monitoring.restored', at, since: at, summary: 'Every monitor can be judged again' },
    ...{ unknown: 0, monitors: [], silentRegions: [], links: agents },
  },
  {
    ...{ ...notice, type: 'monitoring.failing', topic: 'region.lost', subjects: ['eu', 'us'] },
    summary: 'No agent in eu is heard of; No agent in us is heard of',
  },
  {
    ...{ ...notice, type: 'monitoring.recovered', topic: 'region.lost', subjects: ['eu'] },
    summary: 'Agents are heard of again: eu',
  },
  flagsOf(1),
  {
    ...{ type: 'slo.burning', at, since: at, slo: 'shop', name: HOSTILE, sli: 'availability' },
    ...{ monitor: 'checkout', severity: 'critical', summary: `${HOSTILE} burns its budget` },
    objective: { target: 99.9, window: '30d' },
    burn: { pair: 'fast', long: '1h', short: '5m', longRate: 20, shortRate: null },
    ...{ budget: null, links: { slo: 'https://tm.example/v1/slos/shop', runbook } },
  },
  ...BY_ROUTING,
  ...([null, 'usual', 'unwatched'] as const).map((end) =>
    anomalyMessageOf(
      {
        ...{ end, kind: 'latency', definition: monitorOf('checkout'), regions: ['eu', 'us'] },
        ...{ atMs: Date.parse(at), sinceMs: Date.parse(at), reason: '820 ms in eu, us' },
      },
      'https://tm.example',
    ),
  ),
  TEST,
];

export function messageOf(payload: Payload): Message {
  return { id: '01980f5e-0000-4000-8000-5f0e8a6b2d17', payload, createdAt: new Date(at) };
}
