/** Made-up latencies from a seed: even or spread, and slower from some time on. */
import {
  UNKNOWN_LATENCY,
  observeRound,
  type AnomalyRules,
  type LatencyState,
} from '../../src/index.ts';

export const RULES: AnomalyRules = { z: 3, times: 5, rounds: 3 };
const ROUND_MS = 30_000;
export const START_MS = Date.parse('2026-01-05T00:00:00Z');

/** Uniform in [0, 1): mulberry32. */
function randomOf(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}

export interface Course {
  readonly regions: readonly string[];
  readonly mode: 'rotate' | 'all';
  readonly seed: number;
  /** In logarithms, of a single answer. */
  readonly sigma?: number;
  readonly baseUs?: number;
  /** By how much a region is slower in a round. */
  readonly factor?: (round: number, region: string) => number;
}

export interface Told {
  readonly state: LatencyState;
  /** Rounds after which it was anomalous. */
  readonly anomalous: readonly number[];
  readonly changes: readonly { readonly round: number; readonly change: 'began' | 'ended' }[];
}

/** Plays rounds `from` to `to` of a course, on top of what is known. */
export function play(course: Course, to: number, from = 0, known = UNKNOWN_LATENCY): Told {
  const anomalous: number[] = [];
  const changes: { round: number; change: 'began' | 'ended' }[] = [];
  let state = known;
  for (let round = from; round < to; round += 1) {
    const step = observeRound(state, START_MS + round * ROUND_MS, samplesOf(course, round), RULES);
    state = step.state;
    if (step.change !== null) changes.push({ round, change: step.change });
    if (state.isAnomalous) anomalous.push(round);
  }
  return { state, anomalous, changes };
}

function samplesOf(course: Course, round: number) {
  const { regions, mode, seed, sigma = 0.1, baseUs = 100_000, factor = () => 1 } = course;
  const random = randomOf(seed * 1_000_003 + round);
  const asked = mode === 'all' ? regions : [regions[round % regions.length] ?? ''];
  return asked.map((region) => {
    // Twelve uniform values make a normal one, near enough, and never an endless one.
    const normal = Array.from({ length: 12 }, random).reduce((a, b) => a + b, -6);
    const latencyUs = Math.round(baseUs * factor(round, region) * Math.exp(sigma * normal));
    return { region, latencyUs };
  });
}
