/** The statistics of docs/benchmarks/accuracy.md: each a count over rounds, beside theory and peers. */
import type { Vote } from '@trustmonitor/protocol';
import type { MonitorState } from '@trustmonitor/quorum';
import { Rng } from '../kernel/rng.ts';
import { atLeast, falseIncidents } from './closed-form.ts';
import { defaults, EngineRun } from './engine-run.ts';
import { lastKnownState, singleVantage } from './peers.ts';
import { alwaysDown, bursts, independent, outage, type VoteSource } from './sources.ts';

export interface Figure {
  readonly what: string;
  /** Occasions looked at, and how many of them had what is counted. */
  readonly of: number;
  readonly count: number;
  /** Expected count; null where there is no formula. */
  readonly theory: number | null;
}

export interface Experiment {
  readonly title: string;
  readonly run: (seed: number, rounds: number) => readonly Figure[];
}

const STATES_KEPT = 1_000;

type Mode = 'rotate' | 'all';

function ours(what: string, mode: Mode, regions: number, p: number) {
  return (seed: number, rounds: number): Figure => {
    const chance = new Rng(seed, `${what} skip`);
    const run = new EngineRun(defaults(mode), regions, independent(new Rng(seed, what), p));
    run.run(rounds, chance);
    const required = Math.floor(regions / 2) + 1;
    const theory = falseIncidents(regions, required, p, mode) * rounds;
    return { what, of: rounds, count: run.opened, theory };
  };
}

/** Peers go through every round one by one: a tenth of the rounds tells enough of them. */
function peers(
  source: (rng: Rng) => VoteSource,
  regions: number,
  single: ((rounds: number) => number) | null,
  vantage = 0,
) {
  return (seed: number, all: number): Figure[] => {
    const rounds = Math.ceil(all / 10);
    const fresh = (name: string): VoteSource => source(new Rng(seed, name));
    const [alone, last] = [fresh('single'), fresh('last known')];
    return [
      {
        what: 'peer: single vantage',
        of: rounds,
        count: singleVantage(alone, rounds, vantage),
        theory: single?.(rounds) ?? null,
      },
      {
        what: 'peer: last known state of each region',
        of: rounds,
        count: lastKnownState(last, regions, rounds),
        theory: null,
      },
    ];
  };
}

function throughEngine(
  what: string,
  regions: number,
  source: (rng: Rng) => VoteSource,
  theory: (rounds: number) => number | null,
  mode: Mode = 'rotate',
) {
  return (seed: number, rounds: number): Figure => {
    const run = new EngineRun(defaults(mode), regions, source(new Rng(seed, what)));
    run.run(rounds);
    return { what, of: rounds, count: run.opened, theory: theory(rounds) };
  };
}

const none = (): null => null;

function burstsWith(canaries: number): (rng: Rng) => VoteSource {
  return (rng) => bursts(rng, 5, { meanMs: 10_000, share: 0.01, common: 0.05, canaries });
}

/**
 * Importance splitting: the rounds that are down by chance are counted first, and then how often
 * one of these is confirmed, from the very states that they left. The product of both shares is
 * the rate of false incidents that is too rare to be counted at once.
 */
function splitting(seed: number, rounds: number, p: number): Figure[] {
  const chance = new Rng(seed, `splitting ${p}`);
  const noise = independent(chance, p);
  const reached: MonitorState[] = [];
  let wasSteady = false;
  let downs = 0;
  const run = new EngineRun(defaults('rotate'), 5, noise, (effect) => {
    const isFirst = wasSteady && effect.type === 'round.closed' && effect.round.verdict === 'down';
    if (isFirst) downs += 1;
  });
  let steady = 0;
  while (run.rounds < rounds) {
    const before = { rounds: run.rounds, downs };
    wasSteady = run.isSteady;
    run.next(rounds, chance);
    if (wasSteady) steady += run.rounds - before.rounds;
    if (downs > before.downs && reached.length < STATES_KEPT) reached.push(run.state);
  }
  const [k, n] = [3, 5];
  const continued = reached.length === 0 ? 0 : Math.ceil(rounds / 10);
  let confirmed = 0;
  for (let i = 0; i < continued; i++) {
    const again = new EngineRun(defaults('rotate'), n, noise);
    again.resume(reached[i % reached.length]!);
    again.run(1);
    confirmed += again.opened;
  }
  return [
    {
      what: `p = ${p}: rounds down by chance, from a steady up`,
      of: steady,
      count: downs,
      theory: p * atLeast(k - 1, n - 1, p) * steady,
    },
    {
      what: `p = ${p}: of these, confirmed by the next`,
      of: continued,
      count: confirmed,
      theory: atLeast(k, n, p) * continued,
    },
  ];
}

/** Outages of a target, each from a steady `up`: how many are confirmed at the first chance. */
function firstChance(seed: number, outages: number): Figure {
  const rng = new Rng(seed, 'outages');
  const noise = independent(rng, 0.01);
  const down = outage(rng, 0.01);
  let isDown = 0;
  let late = 0;
  for (let i = 0; i < outages; i++) {
    const verdicts: string[] = [];
    const run = new EngineRun(defaults('rotate'), 5, noise, (effect) => {
      if (isDown > 0 && effect.type === 'round.closed') verdicts.push(effect.round.verdict);
    });
    isDown = 0;
    while (!run.isSteady) run.run(run.rounds + 1);
    run.source = down;
    isDown = 1;
    while (run.opened === 0) run.run(run.rounds + 1);
    // The round that finds it, and the first that verifies it.
    if (verdicts.length > 2) late += 1;
  }
  const theory = (1 - atLeast(3, 5, 0.99) ** 2) * outages;
  return {
    what: 'outages that took more than one verification round',
    of: outages,
    count: late,
    theory,
  };
}

/** Runs of ten intervals from a steady `up`, with 30 % of the requests failing. */
function grey(seed: number, runs: number): Figure[] {
  const rng = new Rng(seed, 'grey');
  const calm: VoteSource = { failure: null, vote: (): Vote => 'up' };
  const counts = { degraded: 0, partial: 0, down: 0 };
  let nothing = 0;
  for (let i = 0; i < runs; i++) {
    const seen = new Set<string>();
    const run = new EngineRun(defaults('all'), 5, calm, (effect) => {
      if (effect.type === 'verdict.changed') seen.add(effect.to);
    });
    run.run(2);
    seen.clear();
    run.source = independent(rng, 0.3);
    const until = run.atMs + 10 * 30_000;
    while (run.atMs < until) run.run(run.rounds + 1);
    for (const verdict of ['degraded', 'partial', 'down'] as const) {
      if (seen.has(verdict)) counts[verdict] += 1;
    }
    if (seen.size === 0) nothing += 1;
  }
  return [
    { what: 'runs that were ever degraded', of: runs, count: counts.degraded, theory: null },
    { what: 'runs that were ever partial', of: runs, count: counts.partial, theory: null },
    { what: 'runs that were ever down (an incident)', of: runs, count: counts.down, theory: null },
    { what: 'runs in which nothing was shown', of: runs, count: nothing, theory: null },
  ];
}

export const EXPERIMENTS = {
  independent: {
    title: '1 % independent failures, 5 groups, false incidents',
    run: (seed, rounds) => [
      ours('TrustMonitor, rotate', 'rotate', 5, 0.01)(seed, rounds),
      ours('TrustMonitor, all', 'all', 5, 0.01)(seed, rounds),
      ...peers(
        (rng) => independent(rng, 0.01),
        5,
        (n) => n * 0.01 ** 2,
      )(seed, rounds),
    ],
  },
  splitting: {
    title:
      'The same in two stages, 5 groups, rotate: a round down by chance, then one that confirms it',
    run: (seed, rounds) =>
      [0.01, 0.05, 0.1].flatMap((p) => splitting(seed, Math.ceil((rounds * 0.01) / p), p)),
  },
  dead: {
    title: 'One of 5 groups dead, 1 % independent failures elsewhere, false incidents',
    run: (seed, rounds) => [
      ours('TrustMonitor, quarantined (4 groups vote)', 'rotate', 4, 0.01)(seed, rounds),
      throughEngine(
        'TrustMonitor, left voting down',
        5,
        (rng) => alwaysDown(independent(rng, 0.01)),
        (n) => {
          return n * atLeast(2, 4, 0.01) ** 2;
        },
      )(seed, Math.ceil(rounds / 20)),
      ...peers(
        (rng) => alwaysDown(independent(rng, 0.01)),
        5,
        (n) => n * 0.01 ** 2,
        1,
      )(seed, rounds),
    ],
  },
  bursts: {
    title: 'Bursts of 10 s, 1 % of the time, 5 % of them common to all 5 groups, false incidents',
    run: (seed, rounds) => [
      ...[1, 0.99, 0.9, 0].map((canaries) =>
        throughEngine(
          `TrustMonitor, canaries see ${canaries * 100} %`,
          5,
          burstsWith(canaries),
          none,
        )(seed, Math.ceil(rounds / 10)),
      ),
      ...peers(burstsWith(0), 5, null)(seed, rounds),
    ],
  },
  outage: {
    title: 'A real outage, 1 % of the answers lost, 5 groups',
    run: (seed, rounds) => [firstChance(seed, Math.ceil(rounds / 100))],
  },
  grey: {
    title: '30 % of the requests fail, 5 groups, mode all, ten intervals',
    run: (seed, rounds) => grey(seed, Math.ceil(rounds / 1_000)),
  },
  liar: {
    title:
      'One of 5 groups lies (always down), 1 % independent failures elsewhere, false incidents',
    run: (seed, rounds) => [
      throughEngine(
        'TrustMonitor, all',
        5,
        (rng) => alwaysDown(independent(rng, 0.01)),
        (n) => {
          return n * atLeast(2, 4, 0.01) ** 2;
        },
        'all',
      )(seed, Math.ceil(rounds / 20)),
      ...peers((rng) => alwaysDown(independent(rng, 0.01)), 5, null)(seed, rounds),
    ],
  },
} as const satisfies Record<string, Experiment>;
