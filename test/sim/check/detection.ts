/**
 * How long outages take to be found, and whether everything is as it should be in the end (I7).
 */
import type { IncidentEffect } from '../../../packages/coordinator/src/decide.ts';
import type { Target } from '../model/target.ts';
import { Breach } from './breach.ts';

/** DESIGN: p99 of 1.5 intervals and 5 s; here no outage may take longer. */
function detectionBoundMs(intervalMs: number): number {
  return 1.5 * intervalMs + 5_000;
}

export class Detection {
  /** Milliseconds from the beginning of an outage to its incident. */
  readonly delays: number[] = [];
  readonly #isHealthy: boolean;

  constructor(isHealthy: boolean) {
    this.#isHealthy = isHealthy;
  }

  stepped(effect: IncidentEffect, target: Target, intervalMs: number, at: number): void {
    if (effect.step !== 'open' || effect.verdict !== 'down') return;
    const outage = target.spells.findLast(({ kind, from }) => kind === 'down' && from <= at);
    if (outage === undefined) return;
    const delay = at - outage.from;
    this.delays.push(delay);
    const bound = detectionBoundMs(intervalMs);
    if (!this.#isHealthy || delay <= bound) return;
    throw new Breach('detection', `found after ${delay} ms; the bound is ${bound} ms`);
  }
}
