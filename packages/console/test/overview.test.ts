/** What the overview and a monitor's page work out: bars on one grid, filters, addresses, words. */
import type {
  CheckEvent,
  History,
  MonitorResource,
  RoundDetail,
  Uptime,
} from '@trustmonitor/protocol';
import { describe, expect, test } from 'vitest';
import { CONSOLE_PATHS } from '../../coordinator/src/api/console/routes.ts';
import { barsOf, gridOf, readingOf, spoken } from '../src/model/bars.ts';
import { NOT_STARTED, advance } from '../src/model/check-run.ts';
import { inOrder, matches, readFilters, type ShownState } from '../src/model/filters.ts';
import { headlineOf } from '../src/model/headline.ts';
import { latencyTable } from '../src/model/latency.ts';
import { noted, spread, stateOfRegion, type Votes } from '../src/model/region-votes.ts';
import { newestRing, stateOfKey } from '../src/model/ring.ts';
import { seenNow } from '../src/model/seen-now.ts';
import { duration, latency, percent } from '../src/model/words.ts';
import { paths, routeOf, titleOf } from '../src/routes.ts';

const NOW = Date.UTC(2026, 10, 21, 12, 30, 20);
const minute = (ago: number) => new Date(Date.UTC(2026, 10, 21, 12, 30 - ago)).toISOString();
const none = { up: 0, degraded: 0, partial: 0, down: 0, unknown: 0 };
const quorum = (timeMs: object) => ({
  rounds: none,
  timeMs: { ...none, ...timeMs },
  measuredMs: 60_000,
});
const region = (counts: object) => ({ ...{ up: 0, down: 0, abstain: 0, slow: 0 }, ...counts });
const history = {
  regions: ['eu', 'us'],
  buckets: [
    {
      at: minute(3),
      quorum: quorum({ up: 59_000, down: 1_000 }),
      regions: { eu: region({ up: 2, down: 1 }) },
    },
    { at: minute(2), quorum: null, regions: { eu: null, us: region({ abstain: 1 }) } },
    {
      at: minute(1),
      quorum: quorum({ up: 60_000 }),
      regions: { eu: region({ up: 3, slow: 1 }), us: region({ down: 3 }) },
    },
  ],
} as unknown as History;

describe('bars', () => {
  const grid = gridOf('1h', NOW);
  const states = (cells: readonly { state: string | null }[]) =>
    cells.slice(-4).map(({ state }) => state);

  test('stand above each other, say the worst of their time, and leave open what nobody knows', () => {
    const { quorum: all, regions, measuredMs } = barsOf(history, grid);
    expect(all.length).toBe(60);
    expect(grid.toMs - grid.fromMs).toBe(3_600_000);
    expect(states(all)).toEqual(['down', null, 'up', null]);
    expect(regions.map(({ region: name, cells }) => [name, states(cells)])).toEqual([
      ['eu', ['partial', null, 'degraded', null]],
      ['us', [null, 'unknown', 'down', null]],
    ]);
    expect(measuredMs).toBe(120_000);
    expect(all.at(-4)?.words).toBe('down 1 s, up 59 s');
    expect(spoken(all)).toBe('no data in 58, down in 1, up in 1');
  });

  test('take in what came since, in its own minute only', () => {
    const live = [
      { atMs: NOW, region: 'eu', vote: 'down' as const },
      { atMs: NOW - 3_600_000, region: 'eu', vote: 'up' as const },
    ];
    const now = { verdict: 'down' as const, lastRoundMs: NOW - 1_000 };
    const { quorum: all, regions } = barsOf(history, grid, live, now, ['ap']);
    expect(all.at(-1)).toMatchObject({ state: 'down', words: 'down now' });
    expect(regions.map(({ region: name, cells }) => [name, cells.at(-1)?.state])).toEqual([
      ['ap', null],
      ['eu', 'down'],
      ['us', null],
    ]);
    const stale = barsOf(null, grid, [], { verdict: 'up', lastRoundMs: NOW - 300_000 });
    expect(states(stale.quorum)).toEqual([null, null, null, null]);
  });

  test('are read one moment at a time, the newest where another is gone', () => {
    const bars = barsOf(history, grid);
    const { atMs = 0 } = bars.quorum.at(-4) ?? {};
    expect(readingOf(bars, atMs)).toEqual({
      index: 56,
      atMs,
      lines: [
        { name: 'quorum', state: 'down', words: 'down 1 s, up 59 s' },
        { name: 'eu', state: 'partial', words: '1 down, 2 up' },
        { name: 'us', state: null, words: 'no data' },
      ],
    });
    for (const gone of [null, grid.fromMs - 60_000]) {
      expect(readingOf(bars, gone)).toMatchObject({ index: 59, atMs: grid.toMs - 60_000 });
    }
  });

  test('say of a region what was seen last, and of which round its details are', () => {
    const at = (second: number) => new Date(NOW + second * 1_000).toISOString();
    const result = (region: string, receivedAt: string) => ({
      ...{ receivedAt, result: { region, final: true, outcome: 'up', phases: { totalUs: 5 } } },
    });
    const round = { id: 'b', results: [result('eu', at(10)), result('us', at(10))] };
    const seen = (cast: { round: string; at: string } | null, region = 'eu') =>
      seenNow(
        round as unknown as RoundDetail,
        region,
        cast && { ...cast, vote: 'down', latencyUs: 7 },
      );
    const fields = ({ vote, at: when, latencyUs, isEarlier }: ReturnType<typeof seenNow>) => [
      vote,
      when,
      latencyUs,
      isEarlier,
    ];
    expect(fields(seen(null))).toEqual(['up', at(10), 5, false]);
    // The feed was away meanwhile: what it told last is old.
    expect(fields(seen({ round: 'a', at: at(5) }))).toEqual(['up', at(10), 5, false]);
    expect(fields(seen({ round: 'b', at: at(9) }))).toEqual(['down', at(9), 7, false]);
    expect(fields(seen({ round: 'c', at: at(15) }))).toEqual(['down', at(15), 7, true]);
    expect(fields(seen({ round: 'c', at: at(15) }, 'ap'))).toEqual(['down', at(15), 7, false]);
    expect(fields(seen(null, 'ap'))).toEqual([null, null, null, false]);
  });

  test('have figures of all answers of their time, of who answered', () => {
    const summary = { count: 3, meanUs: 2, p50Us: 1, p95Us: 2, p99Us: 9 };
    const uptime = { regions: { eu: { latency: summary }, us: { latency: null } } };
    expect(latencyTable(uptime as unknown as Uptime)).toEqual([{ region: 'eu', ...summary }]);
  });
});

describe('filters', () => {
  const monitor = (more: object) =>
    ({
      ...{ id: 'shop', name: 'Shop', group: 'Web', labels: { team: 'pay' }, enabled: true },
      ...{ shown: { state: 'up' }, check: { type: 'http', url: 'https://shop.example/' } },
      ...more,
    }) as unknown as MonitorResource;
  const filters = (query: string) => readFilters(new URLSearchParams(query));

  test.each([
    ['', true],
    ['q=shop+pay', true],
    ['q=shop+sea', false],
    ['q=team=pay', true],
    ['state=down', false],
    ['state=down,up', true],
    ['state=nonsense&range=never', true],
    ['group=Web', true],
    ['group=Mail', false],
  ])('%j', (query, expected) => {
    expect(matches(monitor({}), filters(query))).toBe(expected);
    expect(filters(query).range).toBe('1h');
  });

  test('show the worst first, and a paused monitor as paused whatever it was', () => {
    const all = [
      monitor({ id: 'b', name: 'b' }),
      monitor({ id: 'a', name: 'a' }),
      monitor({ id: 'p', enabled: false, shown: { state: 'down' } }),
      monitor({ id: 'n', shown: { state: null } }),
      monitor({ id: 'd', shown: { state: 'down' } }),
    ];
    expect(inOrder(all).map(({ id }) => id)).toEqual(['d', 'a', 'b', 'n', 'p']);
    expect(matches(all[2]!, filters('state=down'))).toBe(false);
  });
});

test.each<[Partial<Record<ShownState, number>>, ShownState, string]>([
  [{}, 'pending', 'Nothing is measured yet'],
  [{ pending: 2, paused: 1 }, 'pending', 'Nothing is measured yet'],
  [{ paused: 2 }, 'paused', 'Everything is paused'],
  [{ up: 2, paused: 1 }, 'up', 'Everything is up'],
  [{ up: 2, pending: 1 }, 'up', 'Everything measured is up, 1 monitor pending'],
  [{ unknown: 1, up: 2 }, 'unknown', '1 monitor unknown'],
  [{ partial: 1, degraded: 1, unknown: 1 }, 'partial', '2 monitors not well'],
  [{ down: 1, partial: 1, up: 9 }, 'down', '1 monitor down'],
])('the headline of %j', (counts, tone, words) => {
  const known = new Map(Object.entries(counts) as [ShownState, number][]);
  expect(headlineOf(known)).toEqual({ tone, words });
});

describe('addresses', () => {
  test('lead where they say, and the coordinator serves each of them', () => {
    const served = CONSOLE_PATHS.map((path) => new RegExp(`^${path.replace('*', '.+')}$`));
    for (const make of Object.values(paths)) {
      const path = typeof make === 'string' ? make : make('a:b c');
      expect([path, routeOf(path.split('?')[0]!).page]).not.toEqual([path, 'nowhere']);
      expect([path, served.some((one) => one.test(path.split('?')[0]!))]).toEqual([path, true]);
    }
    expect(routeOf(paths.monitor('a:b c'))).toEqual({ page: 'monitor', id: 'a:b c' });
    for (const path of [
      '/nowhere',
      '/monitors',
      '/monitors/a/b',
      '/incidents/a/evidence/b',
      '/slos/%zz/x',
    ]) {
      expect([path, routeOf(path).page]).toEqual([path, 'nowhere']);
    }
    const all = Object.values(paths).map((path) => (typeof path === 'string' ? path : path('a')));
    const titles = all.map((path) => titleOf(routeOf(path.split('?')[0]!)));
    // The copy is a new one.
    expect(new Set(titles).size).toBe(all.length - 1);
    expect(titleOf(routeOf('/incidents/01a1fb9d-1356-7795-9f3c-7659368e2423/evidence'))).toBe(
      'Evidence 01a1fb9d-1356…',
    );
  });
});

test('a check that runs shows each region as it reports, and who was silent', () => {
  const events = [
    {
      type: 'check.started',
      members: [
        { region: 'us', group: 'g' },
        { region: 'eu', group: 'h' },
      ],
    },
    { type: 'check.result', region: 'eu', vote: null, result: {} },
    { type: 'check.result', region: 'eu', vote: 'down', result: {} },
    { type: 'check.silent', region: 'us' },
    { type: 'check.verdict', verdict: 'unknown' },
  ] as unknown as CheckEvent[];
  const run = events.reduce(advance, NOT_STARTED);
  expect(
    run.regions.map(({ region: name, state, attempts }) => [name, state, attempts.length]),
  ).toEqual([
    ['eu', 'down', 2],
    ['us', 'silent', 0],
  ]);
  expect(run.verdict?.verdict).toBe('unknown');
});

describe('the map', () => {
  const vote = (votes: Votes, monitor: string, state: 'up' | 'down' | 'unknown', atMs: number) =>
    noted(votes, 'eu', monitor, { state, atMs });
  const all = new Set(['shop', 'mail']);
  const toneOf = (votes: Votes) => stateOfRegion(votes, 'eu', all).tone;

  test('says in one word what a region saw last of each monitor', () => {
    const none: Votes = new Map();
    const up = vote(none, 'shop', 'up', 2);
    expect([toneOf(none), toneOf(up)]).toEqual(['pending', 'up']);
    expect(vote(up, 'shop', 'down', 1)).toBe(up);
    const mixed = vote(up, 'mail', 'down', 3);
    expect(stateOfRegion(mixed, 'eu', all)).toEqual({
      tone: 'partial',
      up: 1,
      voted: 2,
      lastMs: 3,
    });
    expect(toneOf(vote(mixed, 'shop', 'down', 4))).toBe('down');
    // Who abstains says nothing about the rest.
    expect(toneOf(vote(mixed, 'shop', 'unknown', 4))).toBe('down');
    expect(toneOf(vote(none, 'shop', 'unknown', 1))).toBe('unknown');
    expect(stateOfRegion(mixed, 'eu', new Set(['shop'])).tone).toBe('up');
  });

  test('keeps marks apart, and those that have room where they are', () => {
    const points = [...Array.from({ length: 6 }, () => ({ x: 50, y: 50 })), { x: 200, y: 50 }];
    const apart = spread(points, 18);
    expect([apart[0], apart.at(-1)]).toEqual([points[0], points.at(-1)]);
    for (const [i, a] of apart.entries()) {
      for (const b of apart.slice(i + 1)) {
        expect(Math.hypot(a.x - b.x, a.y - b.y)).toBeGreaterThan(17.9);
      }
    }
  });
});

test('a key is in force in its time, until it is revoked', () => {
  const day = (n: number) => new Date(NOW + n * 86_400_000).toISOString();
  const key = (start: number, end: number | null, revokedAtLogSize: number | null = null) =>
    ({
      validFor: { start: day(start), end: end === null ? null : day(end) },
      revokedAtLogSize,
    }) as Parameters<typeof stateOfKey>[0];
  const cases = [key(-1, null), key(1, null), key(-2, -1), key(-1, null, 7)];
  expect(cases.map((one) => stateOfKey(one, NOW))).toEqual([
    'in force',
    'not yet',
    'expired',
    'revoked',
  ]);
  const payload = Buffer.from('{"version":2}').toString('base64');
  const envelope = { payloadType: '', payload, signatures: [] };
  expect(newestRing([envelope])?.version).toBe(2);
  expect(newestRing([])).toBeNull();
});

test.each([
  [duration(84), '84 ms'],
  [duration(5_580), '5.58 s'],
  [duration(61_000), '1 min 1 s'],
  [duration(7_500_000), '2 h 5 min'],
  [duration(360_000_000), '4 d 4 h'],
  [latency(420), '0.42 ms'],
  [latency(null), '–'],
  [percent(1), '100 %'],
  [percent(0.999999), '99.9999 %'],
  [percent(0.29), '29.00 %'],
  [percent(1 - 1e-13), '99.9999 %'],
  [percent(0.995), '99.500 %'],
  [percent(null), '–'],
])('%s', (words, expected) => {
  expect(words).toBe(expected);
});
