import type { Result } from '@trustmonitor/protocol';
import { describe, expect, test } from 'vitest';
import { announcementOf, monitoringMessageOf, summarise } from '../../src/announce.ts';
import type { StoredResult } from '../../src/store/results.ts';
import { T0, incidentStep, roundOf } from '../support/watched.ts';

const URL_ = 'https://tm.example';
const LINKS = {
  apiUrl: URL_,
  traceUrlTemplate: 'https://tempo.example/trace/{traceId}',
  dashboardUrlTemplate: 'https://graphs.example/d/{monitor}',
};
const traceId = (id: string) => id.replaceAll('-', '');
const round = roundOf({ eu: 'down', us: 'down', ap: 'up' });

const stored = (region: string, detail: string, counted = true, of = round.id): StoredResult =>
  ({
    counted,
    result: {
      round: of,
      region,
      failure: { class: 'server_error', attribution: 'target', detail },
    } as unknown as Result,
  }) as StoredResult;

describe('the summary of a step', () => {
  test('names the regions that see it down, all members, and what most of them say', () => {
    const results = [stored('eu', 'got 503'), stored('us', 'got 500'), stored('ap', 'got 500')];
    expect(summarise(incidentStep('open', round), results)).toMatchObject({
      monitorName: 'The checkout',
      target: 'https://checkout.example/',
      regionsDown: ['eu', 'us'],
      regions: ['ap', 'eu', 'us'],
      reason: 'an unexpected 5xx status (got 500)',
      insight: {
        failureClass: 'server_error',
        dissent: [{ region: 'ap', saw: 'an unexpected 5xx status (got 500)' }],
        changes: [],
      },
    });
  });

  test('listens only to counted results of its last round', () => {
    const other = roundOf({}).id;
    const results = [stored('eu', 'late', false), stored('us', 'earlier', true, other)];
    expect(summarise(incidentStep('open', round), results).reason).toBe('no region said why');
  });
});

describe('the message', () => {
  const opened = summarise(incidentStep('open', round), [stored('eu', 'got 503')]);

  test('says why, from where, and with what evidence', () => {
    const step = incidentStep('open', round);
    const message = announcementOf(step, opened, opened, LINKS);
    const incident = `${URL_}/v1/incidents/${round.id}`;
    expect(message).toMatchObject({
      type: 'incident.opened',
      incident: round.id,
      monitor: { id: 'checkout', name: 'The checkout', target: 'https://checkout.example/' },
      verdict: 'down',
      summary: 'The checkout is down: 2 of 3 regions agree',
      reason: 'an unexpected 5xx status (got 503)',
      since: new Date(T0 + 50).toISOString(),
      regionsDown: ['eu', 'us'],
      links: {
        incident,
        evidence: `${incident}/evidence`,
        runbook: `${URL_}/runbooks/incident.down.md`,
        dashboard: 'https://graphs.example/d/checkout',
      },
      trace: { id: traceId(round.id), url: `https://tempo.example/trace/${traceId(round.id)}` },
    });
    expect(message.verify).toContain('trustmonitor verify');
  });

  test('of a recovery says what is over', () => {
    // Of those that are asked one abstains, and one is in quarantine and silent.
    const members = ['af', 'ap', 'eu', 'sa', 'us'].map((region) => ({ region, group: region }));
    const votes = { eu: 'up', us: 'up', ap: 'abstain', sa: 'up' } as const;
    const up = roundOf(votes, { verdict: 'up', members });
    const step = incidentStep('resolve', up);
    const message = announcementOf(step, summarise(step, []), opened, LINKS);
    expect(message).toMatchObject({
      type: 'incident.resolved',
      summary: 'The checkout is up again, confirmed from 3 of 5 regions',
      reason: 'an unexpected 5xx status (got 503)',
      regionsDown: [],
    });
  });
});

describe('the message about the monitoring itself', () => {
  const alert = {
    news: 'unknown',
    at: T0 + 9,
    since: T0,
    unknown: 40,
    monitors: Array.from({ length: 40 }, (_, i) => `m${i}`),
    silentRegions: ['eu', 'us'],
  } as const;

  test('counts, names a few, and says who is silent', () => {
    const message = monitoringMessageOf(alert, URL_);
    expect(message).toMatchObject({
      type: 'monitoring.unknown',
      unknown: 40,
      silentRegions: ['eu', 'us'],
      links: {
        agents: `${URL_}/v1/agents`,
        runbook: `${URL_}/runbooks/monitoring.unknown.md`,
      },
    });
    expect(message.summary).toContain('40 monitors are unknown');
    expect(message.summary).toContain('no answer from eu, us');
    expect(message.monitors).toHaveLength(20);
  });
});
