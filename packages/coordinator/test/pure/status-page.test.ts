/** What a public page says, and that nothing else is in it. */
import { describe, expect, test } from 'vitest';
import { TrustMonitorError } from '@trustmonitor/protocol';
import { filesOf } from '../../src/status-page/export.ts';
import { siteOf } from '../../src/status-page/site.ts';
import { DAY_MS, pageView, type PageParts } from '../../src/status-page/view.ts';
import { percent } from '../../src/status-page/words.ts';
import {
  NOW,
  BASE,
  HOSTILE,
  monitorOf,
  dayOf,
  INCIDENT,
  PAGE,
  NOTHING,
  SITE,
} from '../support/public-page.ts';

test.each([
  [0.29, '29 %'],
  [0.999_53, '99.953 %'],
  [0.57, '57 %'],
  [0.999_999_999_999, '99.999 %'],
  [1, '100 %'],
])('a share of %d is %s: rounded down, and only then', (share, words) => {
  expect(percent(share)).toBe(words);
});

describe('a view', () => {
  test('shows a monitor in the first group that selects it, under its public name', () => {
    const page = {
      ...PAGE,
      names: { api: 'Programming interface' },
      groups: [
        { name: 'Interfaces', select: { monitors: ['api*'] } },
        { name: 'Shop', select: { groups: ['Shop'] } },
      ],
    };
    const monitors = [monitorOf('api'), monitorOf('web'), monitorOf('inner', 'up', 'Office')];
    const { groups } = pageView(page, { ...NOTHING, monitors }, NOW);
    const shown = groups.map(({ name, components }) => [name, components.map((one) => one.name)]);
    expect(shown).toEqual([
      ['Interfaces', ['Programming interface']],
      ['Shop', ['The web']],
    ]);
  });

  test('says the worst of all states, and never that all is well when nobody knows', () => {
    const stateOf = (...monitors: PageParts['monitors']) =>
      pageView(PAGE, { ...NOTHING, monitors }, NOW).state;
    expect(stateOf(monitorOf('a'), monitorOf('b', 'down'))).toBe('down');
    expect(stateOf(monitorOf('a'), monitorOf('b', null))).toBe('unknown');
    expect(stateOf(monitorOf('a'))).toBe('operational');
    expect(stateOf()).toBe('unknown');
  });

  test('counts only what was measured, and leaves unknown days empty', () => {
    const days = [
      dayOf('api', 2, { up: 0, unknown: DAY_MS }),
      dayOf('api', 1, { up: DAY_MS * 0.75, down: DAY_MS * 0.25 }),
      dayOf('api', 0, { up: DAY_MS / 2 }),
    ];
    const [component] = pageView(PAGE, { ...NOTHING, monitors: [monitorOf('api')], days }, NOW)
      .groups[0]!.components;
    expect(component!.days).toHaveLength(90);
    expect(component!.days.slice(-4).map(({ worst }) => worst)).toEqual([
      null,
      null,
      'down',
      'operational',
    ]);
    expect(component!.uptime).toBeCloseTo(1.25 / 1.5, 10);
    expect(component!.measuredMs).toBe(1.5 * DAY_MS);
  });

  test('of a monitor in maintenance says so, and announces the windows of what it shows', () => {
    const window = {
      ...{ id: 'w', fromMs: NOW - 1, untilMs: NOW + 60_000, reason: 'New disks' },
      ...{ announcedAtMs: NOW - DAY_MS, monitors: [] },
    };
    const parts = {
      ...NOTHING,
      monitors: [monitorOf('api', 'down'), monitorOf('web')],
      windows: [
        { ...window, selector: { monitors: ['api'] } },
        { ...window, id: 'later', fromMs: NOW + 1_000, selector: { monitors: ['web'] } },
        { ...window, id: 'other', selector: { monitors: ['elsewhere'] } },
      ],
    };
    const view = pageView(PAGE, parts, NOW);
    expect(view.groups[0]!.components.map(({ state }) => state)).toEqual([
      'maintenance',
      'operational',
    ]);
    expect(view.maintenance.map(({ id, stage, components }) => [id, stage, components])).toEqual([
      ['w', 'in_progress', ['The api']],
      ['later', 'scheduled', ['The web']],
    ]);
  });
});

describe('the files', () => {
  const window = {
    ...{ id: 'disks', fromMs: NOW + DAY_MS, untilMs: NOW + DAY_MS + 3_600_000 },
    ...{ reason: `New disks, at last; ${'ä'.repeat(80)}`, selector: {} },
    ...{ announcedAtMs: NOW - DAY_MS, monitors: ['api', 'web'] },
  };
  const over = {
    ...{ id: 'rack', fromMs: NOW - 40 * DAY_MS, untilMs: NOW - 39 * DAY_MS, reason: 'New rack' },
    // Who it was for then, whoever fits the selector now.
    ...{
      announcedAtMs: NOW - 50 * DAY_MS,
      selector: { monitors: ['web'] },
      monitors: ['api', 'x'],
    },
  };
  const view = pageView(
    PAGE,
    {
      monitors: [monitorOf('api', 'down'), monitorOf('web')],
      days: [dayOf('api', 1), dayOf('api', 0, { down: 3_600_000 })],
      incidents: [INCIDENT],
      windows: [window],
      past: [over],
    },
    NOW,
  );
  const site = siteOf(view, SITE);
  // Of this page nothing is read from elsewhere but the script and the verifier.
  const textOf = (path: string): string => site.get(path)!() as string;
  const json = (path: string): unknown => JSON.parse(textOf(path));

  test('lead to no file that is not there', async () => {
    for (const [path, make] of site) {
      if (!path.endsWith('.html')) continue;
      const text = (await make()) as string;
      for (const [, link] of text.matchAll(/(?:href|src)="([^"#]+)/g)) {
        const target = new URL(link!, `${BASE}${path}`).href.slice(BASE.length);
        expect([path, site.has(target)]).toEqual([path, true]);
      }
    }
  });

  test('say in every form what is open', async () => {
    expect(textOf('index.html')).toContain('The api is down');
    expect(await site.get(`incidents/${INCIDENT.id}.html`)!()).toContain('4 of 5 regions agreed');
    expect(textOf('feed.atom')).toContain(`<id>urn:uuid:${INCIDENT.id}</id>`);
    expect(textOf('feed.rss')).toContain('<title>The api is down</title>');
    expect(json('badges/api.json')).toEqual({
      ...{ schemaVersion: 1, label: 'The api', message: 'down', color: '#c62828' },
    });
    expect(json('api/v2/status.json')).toMatchObject({
      page: { id: 'shop', url: BASE },
      status: { indicator: 'critical' },
    });
    expect(json('api/v2/summary.json')).toMatchObject({
      components: [
        { group: true, status: 'major_outage', components: ['api', 'web'] },
        { id: 'api', status: 'major_outage', group_id: 'group-1' },
        { id: 'web', status: 'operational' },
      ],
      incidents: [
        {
          ...{ id: INCIDENT.id, impact: 'critical', status: 'investigating', resolved_at: null },
          incident_updates: [
            { id: 'cd'.repeat(32), status: 'investigating', body: 'Changed: down' },
            { id: INCIDENT.notes[0]!.id, body: INCIDENT.notes[0]!.note },
            { status: 'investigating', id: 'ab'.repeat(32) },
          ],
          components: [{ id: 'api' }],
        },
      ],
      scheduled_maintenances: [{ status: 'scheduled', scheduled_for: '2026-11-22T12:00:00.000Z' }],
    });
  });

  test('tell what changed and what people say of it, in every form', async () => {
    const page = (await site.get(`incidents/${INCIDENT.id}.html`)!()) as string;
    const said = 'We know why &amp; mend it.\nNobody loses data.';
    const [opened, note, changed] = [
      'Confirmed and recorded: down for some regions. 4 of 5 regions agreed when it began',
      said,
      'Changed: down',
    ].map((words) => page.indexOf(words));
    expect(opened).toBeGreaterThan(0);
    expect(note).toBeGreaterThan(opened!);
    expect(changed).toBeGreaterThan(note!);
    expect(textOf('index.html')).toContain(said);
    const older = { ...INCIDENT, id: '01980f5e-2b7c-7d3a-9c41-5f0e8a6b2d01' };
    const newer = { ...INCIDENT, steps: [INCIDENT.steps[0]!], notes: [] };
    const two = { ...NOTHING, monitors: [monitorOf('api')], incidents: [newer, older] };
    const [, updated] = /<updated>(.*?)</.exec(
      siteOf(pageView(PAGE, two, NOW), SITE).get('feed.atom')!() as string,
    )!;
    expect(updated).toBe(INCIDENT.steps[1]!.at);
    for (const feed of ['feed.atom', 'feed.rss']) {
      expect(textOf(feed)).toContain('Changed: down');
      expect(textOf(feed)).toContain('We know why &amp;amp; mend it.');
    }
  });

  test('tell of maintenance that is over, and of whom it was for', () => {
    expect(textOf('history.html')).toMatch(/October 2026.*Maintenance: New rack.*: The api</s);
    expect(textOf('index.html')).not.toContain('New rack');
    expect(textOf('calendar.ics')).toContain('DTSTART:20261012T120000Z');
    const [, completed] = (
      json('api/v2/scheduled-maintenances.json') as { scheduled_maintenances: object[] }
    ).scheduled_maintenances;
    expect(completed).toMatchObject({
      ...{ status: 'completed', name: 'New rack', components: [{ id: 'api' }] },
      ...{ created_at: '2026-10-02T12:00:00.000Z', resolved_at: '2026-10-13T12:00:00.000Z' },
      incident_updates: [
        { status: 'completed', created_at: '2026-10-13T12:00:00.000Z' },
        { status: 'in_progress', created_at: '2026-10-12T12:00:00.000Z' },
        { status: 'scheduled', created_at: '2026-10-02T12:00:00.000Z', body: 'New rack' },
      ],
    });
    expect(json('api/v2/scheduled-maintenances/upcoming.json')).toMatchObject({
      scheduled_maintenances: [{ incident_updates: [{ status: 'scheduled' }] }],
    });
    expect(textOf('api/v2/summary.json')).not.toContain('New rack');
  });

  test('announce maintenance to calendars, in lines that they take', () => {
    const lines = textOf('calendar.ics').split('\r\n');
    expect(lines).toContain('DTSTART:20261122T120000Z');
    expect(textOf('calendar.ics').replaceAll('\r\n ', '')).toContain(
      `SUMMARY:Maintenance: New disks\\, at last\\; ${'ä'.repeat(80)}`,
    );
    expect(Math.max(...lines.map((line) => Buffer.byteLength(line)))).toBeLessThanOrEqual(75);
  });

  test('hold no markup that was in a name, a title or a reason', async () => {
    const page = {
      ...PAGE,
      title: HOSTILE,
      description: HOSTILE,
      names: { api: HOSTILE },
      groups: [{ name: HOSTILE, select: {} }],
    };
    const parts = {
      monitors: [monitorOf('api')],
      days: [],
      incidents: [{ ...INCIDENT, notes: [{ ...INCIDENT.notes[0]!, note: HOSTILE }] }],
      windows: [{ ...window, reason: HOSTILE }],
      past: [{ ...over, reason: HOSTILE }],
    };
    for (const [path, make] of siteOf(pageView(page, parts, NOW), SITE)) {
      if (!/\.(html|atom|rss|svg)$/.test(path)) continue;
      const text = (await make()) as string;
      expect(text).not.toContain('<script>alert');
      expect(text).not.toMatch(/="[^"]*"><script/);
    }
  });

  test('of fifty monitors with bad days, incidents and maintenance make pages under 50 kB', async () => {
    const ids = Array.from({ length: 50 }, (_, i) => `service-${i}`);
    const days = ids.flatMap((id, i) =>
      Array.from({ length: 90 }, (_, ago) =>
        dayOf(id, ago, (ago + i) % 30 === 0 ? { down: 60_000 } : {}),
      ),
    );
    const monitors = ids.map((id) => monitorOf(id));
    const incidents = Array.from({ length: 500 }, (_, i) => ({
      ...INCIDENT,
      id: `01980f5e-2b7c-7d3a-9c41-${String(i).padStart(12, '0')}`,
      monitor: `service-${i % 50}`,
      openedAt: new Date(NOW - i * 14_400_000),
      resolvedAt: i < 50 ? null : new Date(NOW - i * 14_400_000 + 600_000),
      // The first has gone on for long, and much was said of it.
      notes: Array.from({ length: i === 0 ? 60 : 1 }, (__, n) => ({
        ...{ ...INCIDENT.notes[0]!, id: `note-${n}`, note: `${n} ${'long '.repeat(200)}` },
      })),
    }));
    const past = Array.from({ length: 200 }, (_, i) => ({
      ...{ ...over, id: `w-${i}`, fromMs: NOW - i * 36_000_000, monitors: ids.slice(0, 20) },
    }));
    const busy = { monitors, days, incidents, windows: [window], past };
    for (const parts of [{ ...NOTHING, monitors, days }, busy]) {
      const large = siteOf(pageView(PAGE, parts, NOW), SITE);
      expect(await large.get('index.html')!()).toContain('down on');
      for (const [path, make] of large) {
        if (!path.endsWith('.html')) continue;
        const bytes = Buffer.byteLength(await make());
        expect([path, bytes < 50_000, bytes]).toEqual([path, true, bytes]);
      }
    }
    const all = siteOf(pageView(PAGE, busy, NOW), SITE);
    const history = [...all].filter(([path]) => path.startsWith('history'));
    expect(history.length).toBeGreaterThan(4);
    const text = history.map(([, make]) => make() as string).join('');
    const listed = text.matchAll(/<b>The service-\d+ (?:is|was) down|Maintenance: /g);
    expect([...listed]).toHaveLength(700);
    expect(await all.get('index.html')!()).toMatch(/And \d+ more/);
    expect(await all.get(`incidents/${incidents[0]!.id}.html`)!()).toMatch(
      /\d+ earlier entries are in/,
    );
  });

  test('give evidence away only where the page says so', async () => {
    const incident = `incidents/${INCIDENT.id}.html`;
    expect(await site.get(incident)!()).not.toContain('evidence/');
    expect(site.has('verify.html')).toBe(false);
    const open = siteOf({ ...view, page: { ...PAGE, evidence: true } }, SITE);
    expect(await open.get(incident)!()).toContain(`../evidence/${INCIDENT.id}.json`);
    expect([...open.keys()]).toEqual(
      expect.arrayContaining(['verify.html', `evidence/${INCIDENT.id}.json`]),
    );
  });

  test('are exported without the evidence that witnesses have not cosigned, and say so', async () => {
    const other = { ...INCIDENT, id: '01980f5e-2b7c-7d3a-9c41-5f0e8a6b2d18' };
    const lost = { ...INCIDENT, id: '01980f5e-2b7c-7d3a-9c41-5f0e8a6b2d19' };
    const parts = {
      ...{ ...NOTHING, monitors: [monitorOf('api', 'down')] },
      incidents: [INCIDENT, other, lost],
    };
    const open = { ...PAGE, evidence: true };
    const evidence = (id: string): Promise<string> => {
      if (id === other.id) return Promise.resolve('{}');
      const code = id === lost.id ? 'internal' : 'evidence.pending';
      return Promise.reject(new TrustMonitorError(code, 'not there'));
    };
    const faults: string[] = [];
    const files = await filesOf(
      siteOf(pageView(open, parts, NOW), { ...SITE, evidence }),
      (path) => void faults.push(path),
    );
    // What is worse than to wait is told to the operator, and the page goes on too.
    expect(faults).toEqual([`evidence/${lost.id}.json`]);
    const exported = new Map(files.map(({ path, text }) => [path, text]));
    expect(exported.get('index.html')).toContain('Some systems are down');
    expect([...exported.keys()].filter((path) => path.startsWith('evidence/'))).toEqual([
      `evidence/${other.id}.json`,
    ]);
    expect(exported.get(`incidents/${INCIDENT.id}.html`)).toContain('The proof follows');
    expect(exported.get(`incidents/${INCIDENT.id}.html`)).not.toContain('../evidence/');
    expect(exported.get(`incidents/${other.id}.html`)).toContain('../evidence/');
  });
});
