/** Named runs: each draws a plan from a seed. */
import { Rng } from '../kernel/rng.ts';
import { CALM } from '../model/network.ts';
import { QUIET } from '../model/region.ts';
import type { Spell } from '../model/target.ts';
import { drawFaults } from './faults.ts';
import type { Plan, PlannedMonitor } from './plan.ts';

const INTERVAL_MS = 10_000;
const FAULTS_END_MS = 150_000;
/** What a steady end takes: 60 s to heal, and as long again without a change. */
const QUIET_END_MS = 130_000;

const MONITORS: readonly Omit<PlannedMonitor, 'spells'>[] = [
  { input: monitor('rotating', { mode: 'rotate' }), isSilentWhenDown: false },
  { input: monitor('everywhere', { mode: 'all' }), isSilentWhenDown: false },
  { input: monitor('silent', { mode: 'rotate' }), isSilentWhenDown: true },
  { input: monitor('partly', { mode: 'all', partial: 'incident' }), isSilentWhenDown: false },
];

function monitor(name: string, more: Partial<PlannedMonitor['input']>): PlannedMonitor['input'] {
  return { name, url: 'https://example.test/', interval: '10s', timeout: '4s', ...more };
}

/** Draws what a target does: nothing, outages, flapping, grey, or down for one region. */
function drawSpells(rng: Rng, untilMs: number): Spell[] {
  const spells: Spell[] = [];
  let from = rng.below(60_000);
  while (from < untilMs) {
    const to = from + Math.ceil(rng.exponential(30_000)) + 1;
    const kind = rng.float();
    if (kind < 0.15) spells.push({ kind: 'grey', from, to, share: 0.3 });
    else if (kind < 0.3) spells.push(...flaps(from, to));
    else spells.push({ kind: 'down', from, to, regions: rng.chance(0.2) ? ['r1'] : null });
    from = to + Math.ceil(rng.exponential(40_000)) + 1;
  }
  return spells;
}

function flaps(from: number, to: number): Spell[] {
  const spells: Spell[] = [];
  for (let at = from; at < to; at += 6_000) {
    spells.push({ kind: 'down', from: at, to: at + 3_000, regions: null });
  }
  return spells;
}

function drawMonitors(rng: Rng, untilMs: number): PlannedMonitor[] {
  return MONITORS.map((one) => ({ ...one, spells: drawSpells(rng, untilMs) }));
}

/** Nothing fails but the targets, one whole outage each: how long until it is known? */
function healthy(seed: number): Plan {
  const rng = new Rng(seed, 'plan');
  const monitors = MONITORS.filter(({ isSilentWhenDown }) => !isSilentWhenDown).map((one) => {
    const from = 60_000 + rng.below(INTERVAL_MS);
    return { ...one, spells: [{ kind: 'down' as const, from, to: 300_000, regions: null }] };
  });
  return {
    ...BASE,
    weather: CALM,
    monitors,
    faults: [],
    durationMs: 180_000,
    endsSteady: true,
    isHealthy: true,
  };
}

/** Everything that can go wrong does, over targets that do the same. */
function chaos(seed: number): Plan {
  const rng = new Rng(seed, 'plan');
  return {
    ...BASE,
    regions: rng.pick([3, 5]),
    monitors: drawMonitors(rng, FAULTS_END_MS),
    faults: drawFaults(rng, rng.between(2, 16), FAULTS_END_MS),
    durationMs: FAULTS_END_MS + QUIET_END_MS,
    endsSteady: true,
    isHealthy: false,
  };
}

/** Ways out that lose requests, singly and in bursts, under sound targets and the same faults. */
function noise(seed: number): Plan {
  const plan = chaos(seed);
  const noisy = { loss: 0.01, burstMs: 10_000, burstShare: 0.01 };
  return {
    ...plan,
    regions: 5,
    noise: noisy,
    monitors: plan.monitors.map((one) => ({ ...one, spells: [] })),
  };
}

/**
 * A whole fleet: every region loses its way out at once, while canaries are believed to say what they
 * said before; and later most of the targets are really down.
 */
function fleet(seed: number): Plan {
  const rng = new Rng(seed, 'plan');
  const from = 150_000 + rng.below(INTERVAL_MS);
  const monitors = Array.from({ length: FLEET }, (_, i): PlannedMonitor => {
    const isDown = i % 4 !== 0;
    return {
      input: monitor(`fleet ${i}`, { mode: 'rotate' }),
      spells: isDown ? [{ kind: 'down', from, to: 600_000, regions: null }] : [],
      isSilentWhenDown: rng.chance(0.5),
    };
  });
  const deadMs = 25_000 + rng.below(30_000);
  return {
    ...BASE,
    coordinators: 2,
    weather: CALM,
    monitors,
    faults: Array.from({ length: BASE.regions }, (_, who) => [
      { kind: 'canaries-stale' as const, atMs: 30_000, forMs: 80_000, who, amount: 0 },
      {
        kind: 'region-dead' as const,
        atMs: 40_000 + rng.below(200),
        forMs: deadMs,
        who,
        amount: 0,
      },
    ]).flat(),
    durationMs: 240_000,
    endsSteady: true,
    isHealthy: false,
  };
}

/** One region is wrong about everything for a while, and a target goes down when it is found out. */
function wrong(seed: number): Plan {
  const rng = new Rng(seed, 'plan');
  const forMs = 110_000 + rng.below(20_000);
  return {
    ...BASE,
    coordinators: 2,
    monitors: Array.from({ length: 6 }, (_, i): PlannedMonitor => {
      const spell = { kind: 'down' as const, from: 120_000, to: 170_000, regions: null };
      return {
        input: monitor(`wrong ${i}`, { mode: 'all', interval: '5s' }),
        spells: i === 0 ? [spell] : [],
        isSilentWhenDown: false,
      };
    }),
    faults: [{ kind: 'region-wrong', atMs: 20_000, forMs, who: 0, amount: 0 }],
    durationMs: 280_000,
    endsSteady: true,
    isHealthy: false,
  };
}

/** So many that each of two coordinators has enough of them. */
const FLEET = 48;

const BASE = {
  regions: 5,
  agentsPerRegion: 2,
  coordinators: 3,
  weather: { ...CALM, loss: 0.001, duplicate: 0.01 },
  noise: QUIET,
} as const;

export const SCENARIOS = { healthy, chaos, noise, fleet, wrong } as const satisfies Record<
  string,
  (seed: number) => Plan
>;
export type ScenarioName = keyof typeof SCENARIOS;
