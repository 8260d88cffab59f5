// Latencies of made-up services, from seeds: the same seed gives the same series.

/** Mulberry32: 32 bits of state are enough for series of a year. */
export function randomOf(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}

function normalOf(random) {
  return () => {
    const radius = Math.sqrt(-2 * Math.log(1 - random()));
    return radius * Math.cos(2 * Math.PI * random());
  };
}

const MINUTE_MS = 60_000;
export const DAY_MS = 86_400_000;
/** Between two rounds. */
export const INTERVAL_MS = 30_000;
/** A Monday, midnight UTC. */
export const EPOCH_MS = Date.parse('2026-01-05T00:00:00Z');
export const TOPOLOGIES = [
  { name: '1 region', regions: ['eu'], mode: 'rotate' },
  { name: '3, rotate', regions: ['eu', 'us', 'ap'], mode: 'rotate' },
  { name: '3, all', regions: ['eu', 'us', 'ap'], mode: 'all' },
  { name: '5, rotate', regions: ['eu', 'us', 'ap', 'sa', 'za'], mode: 'rotate' },
];

/**
 * What a quiet service does. Spreads are of natural logarithms.
 *   sigma: of single answers; swing: of the day, from trough to peak, as a factor
 *   wander: of the level, from minute to minute, with a memory of some twenty minutes
 *   slow: share of answers that take `slowTimes` as long (a cache that misses)
 *   spikes: share of answers of one region alone that take 3 to 20 times as long
 *   blipsADay: times that everything is 5 times as slow everywhere for 20 s
 *   job: minutes of 3:00 to 4:00 UTC, every night, in which all takes three times as long
 *   walk: deploys a week, each of which changes the level by up to 20 %
 */
export const QUIET = {
  even: { sigma: 0.05 },
  ordinary: { sigma: 0.2, wander: 0.05, spikes: 0.002 },
  diurnal: { sigma: 0.2, swing: 2, wander: 0.08, spikes: 0.002, blipsADay: 1, walk: 3 },
  'busy days': { sigma: 0.3, swing: 4, wander: 0.15, spikes: 0.005, blipsADay: 2, walk: 3 },
  'two speeds': { sigma: 0.15, swing: 1.5, slow: 0.15, slowTimes: 5 },
  'heavy tail': { sigma: 0.6, swing: 2, wander: 0.1 },
  'very heavy tail': { sigma: 1, swing: 1.5 },
  'nightly job': { sigma: 0.2, swing: 2, wander: 0.05, job: 20 },
};

const NONE = {
  swing: 1,
  wander: 0,
  slow: 0,
  slowTimes: 1,
  spikes: 0,
  blipsADay: 0,
  job: 0,
  walk: 0,
};

/** One service as some regions see it. `next(atMs)` is asked in order of time. */
export class Service {
  constructor(profile, regions, seed) {
    this.profile = { ...NONE, ...profile };
    this.random = randomOf(seed);
    this.normal = normalOf(this.random);
    this.peakMs = this.random() * DAY_MS;
    this.baseUs = Object.fromEntries(
      regions.map((region) => [region, 15_000 * 20 ** this.random()]),
    );
    this.level = 0;
    this.step = 0;
    this.minute = -1;
    this.blipUntil = 0;
  }

  /** Microseconds that a region measures; `factors` by region is what has befallen the service. */
  latencyUs(region, atMs, factor = 1) {
    this.#pass(atMs);
    const { sigma, swing, slow, slowTimes, spikes, job } = this.profile;
    const day =
      ((1 - Math.cos((2 * Math.PI * (atMs - this.peakMs)) / DAY_MS)) / 2) * Math.log(swing);
    let log = Math.log(this.baseUs[region] * factor) + day + this.level + this.step;
    log += sigma * this.normal();
    if (slow > 0 && this.random() < slow) log += Math.log(slowTimes);
    if (spikes > 0 && this.random() < spikes) log += Math.log(3) + this.random() * Math.log(7);
    if (atMs < this.blipUntil) log += Math.log(5);
    const ofDayMs = atMs % DAY_MS;
    if (job > 0 && ofDayMs >= 3 * 3_600_000 && ofDayMs < 3 * 3_600_000 + job * MINUTE_MS) {
      log += Math.log(3);
    }
    return Math.exp(log);
  }

  #pass(atMs) {
    const minute = Math.floor(atMs / MINUTE_MS);
    if (minute === this.minute) return;
    this.minute = minute;
    const { wander, blipsADay, walk } = this.profile;
    if (wander > 0)
      this.level = 0.95 * this.level + wander * Math.sqrt(1 - 0.95 ** 2) * this.normal();
    if (blipsADay > 0 && this.random() < blipsADay / 1_440) this.blipUntil = atMs + 20_000;
    if (walk > 0 && this.random() < walk / 10_080) this.step = (this.random() - 0.5) * 0.36;
  }
}

/** Who is asked in a round: all regions, or one after the other. */
export function askedIn(round, regions, mode) {
  return mode === 'all' ? regions : [regions[round % regions.length]];
}
