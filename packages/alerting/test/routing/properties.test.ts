/** What holds of every sequence of incidents, silences, acknowledgements and waiting. */
import { completeRouting } from '@trustmonitor/protocol';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Silence } from '../../src/index.ts';
import { Bench, HOUR, MINUTE, SECOND, T0, type Heard } from './bench.ts';

const MONITORS = ['db', 'api', 'web'] as const;

type Deed =
  | { readonly do: 'wait'; readonly ms: number }
  | { readonly do: 'turn' | 'update' | 'ack'; readonly monitor: (typeof MONITORS)[number] }
  | { readonly do: 'silence' | 'out'; readonly monitor: (typeof MONITORS)[number] };

const monitor = fc.constantFrom(...MONITORS);
const deed: fc.Arbitrary<Deed> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ do: fc.constant('turn' as const), monitor }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constantFrom('update', 'ack'), monitor }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constantFrom('silence', 'out'), monitor }) },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('wait' as const),
      ms: fc.oneof(fc.integer({ min: 0, max: 2 * MINUTE }), fc.integer({ min: 0, max: 2 * HOUR })),
    }),
  },
);

const trees = fc.constantFrom(
  completeRouting({ groupInterval: 0 }),
  completeRouting({}),
  completeRouting({
    remindEvery: '10m',
    escalate: [{ after: '20m', notify: ['team'] }],
    notify: ['ops'],
    groupInterval: 0,
  }),
  completeRouting({
    quietHours: { from: '12:30', to: '15:00', timezone: 'UTC', minSeverity: 'critical' },
    groupInterval: '1m',
  }),
  completeRouting({
    notify: ['ops'],
    quietHours: { from: '12:15', to: '14:00', timezone: 'UTC' },
    escalate: [{ after: '20m', notify: ['team'] }],
    remindEvery: '30m',
    groupInterval: 0,
  }),
);

/** Carries out the deeds; incidents of a monitor follow each other, as the database sees to. */
class Story {
  readonly bench: Bench;
  readonly opened: string[] = [];
  readonly #open = new Map<string, string>();
  #silences: readonly Silence[] = [];

  constructor(tree: ReturnType<typeof completeRouting>) {
    this.bench = new Bench({ tree });
  }

  live(deeds: readonly Deed[]): void {
    for (const one of deeds) this.#do(one);
  }

  /** Everything that holds anything back is over, and so is every incident. */
  end(): void {
    this.#free();
    for (const name of MONITORS) if (this.#open.has(name)) this.#do({ do: 'turn', monitor: name });
    this.bench.wait(30 * HOUR);
  }

  /** The same, with every incident left as it is. */
  calm(): void {
    this.#free();
    this.bench.wait(30 * HOUR);
  }

  /** The router is called when that changes. */
  #free(): void {
    this.bench.set({ silences: [], regionsOut: new Map() });
    this.bench.wait(0);
  }

  get open(): string[] {
    return [...this.#open.values()];
  }

  #do(one: Deed): void {
    const { bench } = this;
    if (one.do === 'wait') {
      bench.wait(one.ms);
      return;
    }
    const key = this.#open.get(one.monitor);
    const facts = {
      dependsOn: one.monitor === 'api' ? ['db'] : [],
      ...(one.monitor === 'web'
        ? { verdict: 'partial' as const, severity: 'error' as const, regionsDown: ['eu'] }
        : {}),
    };
    if (one.do === 'silence') {
      const match = { monitors: [one.monitor] };
      const untilMs = bench.atMs + 30 * MINUTE;
      const more = { id: 's', match, fromMs: bench.atMs, untilMs, reason: 'x' };
      this.#silences = [...this.#silences, more];
      bench.set({ silences: this.#silences });
    } else if (one.do === 'out') {
      const isOut = bench.config.regionsOut.size > 0;
      bench.set({ regionsOut: new Map(isOut ? [] : [['eu', 'x']]) });
    } else if (one.do === 'turn' && key === undefined) {
      const opened = `${one.monitor}#${this.opened.length}`;
      this.opened.push(opened);
      this.#open.set(one.monitor, opened);
      bench.open(opened, facts);
    } else if (key !== undefined) {
      if (one.do === 'turn') {
        this.#open.delete(one.monitor);
        bench.resolve(key, facts);
      } else bench.tell([one.do === 'ack' ? 'acknowledged' : 'updated', key, facts]);
    }
  }
}

const runs = { numRuns: 300 };
const stories = [trees, fc.array(deed, { maxLength: 40 })] as const;

function told(tree: ReturnType<typeof completeRouting>, deeds: readonly Deed[]): Story {
  const story = new Story(tree);
  story.live(deeds);
  return story;
}

function byTrack(heard: readonly Heard[]): Heard[][] {
  const tracks = new Map<string, Heard[]>();
  for (const one of heard) {
    const name = `${one.channel} ${one.alert}`;
    tracks.set(name, [...(tracks.get(name) ?? []), one]);
  }
  return [...tracks.values()];
}

const isFirst = ({ step }: Heard): boolean => step === 'opened' || step === 'escalated';

describe('whatever happens,', () => {
  test('a channel hears of the beginning first, of the end last, and of each once', () => {
    fc.assert(
      fc.property(...stories, (tree, deeds) => {
        const story = told(tree, deeds);
        story.end();
        for (const track of byTrack(story.bench.heard)) {
          const isIncident = !track[0]!.alert.startsWith('flapping/');
          if (!isIncident) continue;
          expect(track.map(isFirst).indexOf(true)).toBe(0);
          expect(track.filter(isFirst)).toHaveLength(1);
          expect(track.filter(({ step }) => step === 'resolved')).toEqual([track.at(-1)]);
          const steps = track.filter(({ step }) => step !== 'reminder');
          expect(new Set(steps.map(({ step, news }) => `${step} ${news}`)).size).toBe(steps.length);
        }
        expect(story.bench.state.alerts.size).toBe(0);
      }),
      runs,
    );
  });

  test('an open incident is told, or held by a reason that is shown', () => {
    fc.assert(
      fc.property(...stories, (tree, deeds) => {
        const { bench, open } = told(tree, deeds);
        const pending = [...bench.state.groups.values()].flatMap((group) => group.pending);
        for (const key of open) {
          const tracks = bench.state.alerts.get(key)!.tracks;
          expect(tracks.length).toBeGreaterThan(0);
          for (const { channel, knows, held } of tracks) {
            const isTold = bench.heard.some(
              (heard) => heard.channel === channel && heard.alert === key && isFirst(heard),
            );
            const isPending = pending.some((item) => item.alert === key);
            if (knows === 'nothing') expect(held).not.toBeNull();
            else expect(isTold || isPending).toBe(true);
          }
        }
      }),
      runs,
    );
  });

  test('an incident that stays open is told once nothing holds it, unless it is in hand', () => {
    fc.assert(
      fc.property(...stories, (tree, deeds) => {
        const story = told(tree, deeds);
        story.calm();
        for (const key of story.open) {
          const alert = story.bench.state.alerts.get(key)!;
          if (alert.acknowledged !== null) continue;
          const isDependent =
            key.startsWith('api') && story.open.some((one) => one.startsWith('db'));
          if (!isDependent) expect(alert.tracks.every(({ knows }) => knows === 'open')).toBe(true);
        }
      }),
      runs,
    );
  });

  /** What one channel hears of a monitor that begins and ends an incident after each gap. */
  const heardBy = (gaps: readonly number[], silenced: readonly number[] = []) => {
    const bench = new Bench({
      channels: new Map([['ops', { maxItems: 9 }]]),
      silences: silenced.map((from, i) => ({
        ...{ id: String(i), match: {}, reason: 'x' },
        ...{ fromMs: T0 + from, untilMs: T0 + from + 40 * MINUTE },
      })),
    });
    for (const [i, gap] of gaps.entries()) {
      const key = `m#${Math.floor(i / 2)}`;
      if (i % 2 === 0) bench.open(key);
      else bench.resolve(key);
      bench.wait(gap);
    }
    return bench;
  };
  const gap = fc.oneof(
    fc.integer({ min: SECOND, max: 12 * MINUTE }),
    fc.integer({ min: SECOND, max: 70 * MINUTE }),
  );
  const gaps = fc.array(gap, { maxLength: 60 });
  /** What is said at one moment counts once. */
  const moments = (heard: readonly Heard[]): number[] => [
    ...new Set(heard.map(({ atMs }) => atMs)),
  ];
  const withinHourOf = (since: number, heard: readonly Heard[]): number =>
    moments(heard).filter((atMs) => atMs >= since && atMs < since + HOUR).length;
  const isOfFlapping = ({ alert }: Heard): boolean => alert === 'flapping/m';

  test('of a monitor nobody hears more than five times an hour, nor than twice once it flaps', () => {
    fc.assert(
      fc.property(gaps, (some) => {
        const bench = heardBy(some);
        bench.wait(10 * HOUR);
        const { heard } = bench;
        for (const since of moments(heard)) {
          expect(withinHourOf(since, heard)).toBeLessThanOrEqual(5);
          const flaps = heard.some((one) => one.atMs === since && isOfFlapping(one));
          if (flaps) expect(withinHourOf(since, heard)).toBeLessThanOrEqual(2);
        }
        const notices = heard.filter(isOfFlapping);
        expect(notices.map(({ step }) => step)).toEqual(
          notices.map((_notice, i) => (i % 2 === 0 ? 'opened' : 'resolved')),
        );
        expect(notices.length % 2).toBe(0);
      }),
      { numRuns: 150 },
    );
  });

  test('nor than seven times, where verdicts change and what was silenced is told late', () => {
    fc.assert(
      fc.property(
        fc.array(fc.record({ gap, update: fc.boolean() }), { maxLength: 60 }),
        fc.array(fc.integer({ min: 0, max: 30 * HOUR }), { maxLength: 3 }),
        (some, silenced) => {
          const bench = heardBy([], silenced);
          let open: string | null = null;
          for (const [i, { gap, update }] of some.entries()) {
            const [verdict, severity] = i % 2 === 0 ? ['down', 'critical'] : ['partial', 'error'];
            const facts = { verdict, severity } as { verdict: 'down'; severity: 'critical' };
            if (open === null) bench.open((open = `m#${i}`), facts);
            else if (update) bench.tell(['updated', open, facts]);
            else {
              bench.resolve(open);
              open = null;
            }
            bench.wait(gap);
          }
          bench.wait(10 * HOUR);
          const { heard } = bench;
          for (const since of moments(heard)) {
            expect(withinHourOf(since, heard)).toBeLessThanOrEqual(7);
            const flaps = heard.some((one) => one.atMs === since && isOfFlapping(one));
            if (flaps) expect(withinHourOf(since, heard)).toBeLessThanOrEqual(2);
          }
        },
      ),
      { numRuns: 150 },
    );
  });

  test('a first outage and its end are told at once, and one that stays within 10 minutes', () => {
    fc.assert(
      fc.property(gaps, fc.integer({ min: HOUR, max: 3 * HOUR }), (some, calm) => {
        // It ends up, or down, and stays so.
        const isDown = some.length % 2 === 1;
        const bench = heardBy(some);
        bench.wait(10 * MINUTE);
        const knows = [...bench.state.alerts.values()].filter(({ facts: { kind }, tracks }) => {
          return kind === 'incident' && tracks.some((track) => track.knows === 'open');
        });
        // Told of this incident; or not told yet that another is over.
        if (isDown) expect(knows.length).toBeGreaterThan(0);
        bench.wait(2 * HOUR);
        if (isDown) bench.resolve(`m#${(some.length - 1) / 2}`);
        bench.wait(2 * HOUR + calm);
        bench.said();
        bench.open('m#first');
        expect(bench.said()).toEqual(['ops opened m#first']);
        bench.wait(SECOND);
        bench.resolve('m#first');
        expect(bench.said()).toEqual(['ops resolved m#first']);
      }),
      { numRuns: 150 },
    );
  });

  test('what happens to different monitors in one moment is told in any order of it', () => {
    fc.assert(
      fc.property(fc.shuffledSubarray([0, 1, 2, 3, 4, 5, 6, 7], { minLength: 8 }), (order) => {
        const bench = new Bench();
        bench.tell(...order.map((i) => ['opened', `m${i}`] as const));
        bench.tell(...order.toReversed().map((i) => ['resolved', `m${i}`] as const));
        for (const track of byTrack(bench.heard)) {
          expect(track.map(({ step }) => step)).toEqual(['opened', 'resolved']);
        }
        expect(byTrack(bench.heard)).toHaveLength(16);
      }),
      { numRuns: 30 },
    );
  });
});
