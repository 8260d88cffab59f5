// The detector as the coordinator runs it, and the two that people write first.
import {
  UNKNOWN_LATENCY,
  estimateOfHour,
  observeRound,
  withHourly,
} from '../../packages/alerting/dist/index.js';

export const DEFAULTS = { z: 3, times: 5, rounds: 3 };
const HOUR_MS = 3_600_000;
const DAYS = 14;

/** `observe` returns whether the monitor is anomalous after the round. */
export class Robust {
  constructor(rules = DEFAULTS, { hourly = true } = {}) {
    this.rules = rules;
    this.state = UNKNOWN_LATENCY;
    this.hours = hourly ? new Hours() : null;
  }

  observe(atMs, samples) {
    if (this.hours !== null && this.hours.begins(atMs)) {
      this.state = withHourly(this.state, this.hours.of(atMs));
    }
    for (const { region, latencyUs } of samples) this.hours?.add(region, latencyUs);
    this.state = observeRound(this.state, atMs, samples, this.rules).state;
    return this.state.isAnomalous;
  }
}

/** What the hourly rollups would say. */
class Hours {
  hour = -1;
  current = new Map();
  /** Region -> hour of the day -> the last days. */
  past = new Map();

  begins(atMs) {
    const hour = Math.floor(atMs / HOUR_MS);
    if (hour === this.hour) return false;
    for (const [region, values] of this.current) this.#close(region, values);
    this.current = new Map();
    this.hour = hour;
    return true;
  }

  add(region, latencyUs) {
    if (!this.current.has(region)) this.current.set(region, []);
    this.current.get(region).push(latencyUs);
  }

  of(atMs) {
    const hour = Math.floor(atMs / HOUR_MS);
    const known = new Map();
    for (const [region, hours] of this.past) {
      const estimate = estimateOfHour(hours[hour % 24] ?? []);
      if (estimate !== null) known.set(region, [{ hour, estimate }]);
    }
    return known;
  }

  #close(region, values) {
    if (!this.past.has(region)) this.past.set(region, {});
    const hours = this.past.get(region);
    values.sort((a, b) => a - b);
    const at = (q) => values[Math.min(values.length - 1, Math.ceil(q * values.length) - 1)];
    const meanUs = values.reduce((sum, value) => sum + value, 0) / values.length;
    const day = {
      ...{ medianUs: at(0.5), p84Us: at(0.84), p95Us: at(0.95), meanUs, samples: values.length },
    };
    hours[this.hour % 24] = [...(hours[this.hour % 24] ?? []).slice(1 - DAYS), day];
  }
}

/** Thirty minutes of samples of each region; every sample is judged by itself. */
class Naive {
  windows = new Map();

  observe(atMs, samples) {
    let isAnomalous = false;
    for (const { region, latencyUs } of samples) {
      if (!this.windows.has(region)) this.windows.set(region, []);
      const window = this.windows.get(region);
      while (window.length > 0 && window[0].atMs < atMs - 1_800_000) window.shift();
      if (window.length >= 12 && this.isOutlier(window, latencyUs)) isAnomalous = true;
      window.push({ atMs, latencyUs });
    }
    return isAnomalous;
  }
}

const meanOf = (window) =>
  window.reduce((sum, { latencyUs }) => sum + latencyUs, 0) / window.length;

export class PlainZ extends Naive {
  isOutlier(window, latencyUs) {
    const mean = meanOf(window);
    const squares = window.reduce((sum, one) => sum + (one.latencyUs - mean) ** 2, 0);
    return latencyUs > mean + 3 * Math.sqrt(squares / (window.length - 1));
  }
}

export class PlainTimes extends Naive {
  isOutlier(window, latencyUs) {
    return latencyUs > 5 * meanOf(window);
  }
}
