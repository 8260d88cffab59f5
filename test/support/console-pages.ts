/** All pages of the console, with something on each of them. */
import type { ApiClient } from './api-client.ts';

export interface Shown {
  readonly monitor: string;
  readonly incident: string;
}

export function pagesOf({ incident, monitor }: Shown): (readonly [name: string, path: string])[] {
  return [
    ['overview', '/'],
    ['monitor', `/monitors/${monitor}`],
    ['new-monitor', '/monitors/new'],
    ['copy', `/monitors/new?from=${monitor}`],
    ['editor', `/monitors/${monitor}/edit`],
    ['incidents', '/incidents'],
    ['incident', `/incidents/${incident}`],
    ['evidence', `/incidents/${incident}/evidence`],
    ['check', '/check'],
    ['regions', '/regions'],
    ['slos', '/slos'],
    ['slo', '/slos/shop'],
    ['notifications', '/notifications'],
    ['maintenance', '/maintenance'],
    ['transparency', '/transparency'],
    ['settings', '/settings'],
  ];
}

/** What people add, so that the pages about it are not empty. */
export async function fillPages(api: ApiClient, monitor: string): Promise<void> {
  const hours = (from: number): string => new Date(Date.now() + from * 3_600_000).toISOString();
  const channel = { id: 'ops', type: 'webhook', url: 'https://hooks.example/trustmonitor' };
  const slo = { id: 'shop', name: 'Shop', selector: { monitors: [monitor] }, target: '99.9%' };
  const window = { id: 'disks', selector: {}, from: hours(24), until: hours(25) };
  const silence = { match: { monitors: ['other-*'] }, until: hours(1), reason: 'We know' };
  const page = { id: 'shop', title: 'The shop', groups: [{ name: 'All', select: {} }] };
  for (const [method, path, body] of [
    ['POST', '/v1/channels', channel],
    ['POST', '/v1/slos', slo],
    ['POST', '/v1/maintenance', { ...window, reason: 'New disks' }],
    ['POST', '/v1/silences', silence],
    ['PUT', '/v1/status-pages/shop', page],
  ] as const) {
    const { status, body: answer } = await api.call(method, path, body);
    if (status >= 300) throw new Error(`${method} ${path}: ${status} ${answer.detail}`);
  }
}
