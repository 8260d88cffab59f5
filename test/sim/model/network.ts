/**
 * Messages between parties: delayed, lost, doubled and overtaken, and cut between any two.
 *
 * Everybody talks to the broker, and coordinators to the store. What is published through the
 * broker takes two ways, and is gone when either is cut, or nobody listens at the other end.
 */
import { Party, type Simulation } from '../kernel/simulation.ts';
import type { Rng } from '../kernel/rng.ts';

export interface Weather {
  readonly minDelayMs: number;
  readonly maxDelayMs: number;
  /** Of the messages on each way, the share that is lost. */
  readonly loss: number;
  /** Of the messages on each way, the share that arrives twice. */
  readonly duplicate: number;
}

export const CALM: Weather = { minDelayMs: 1, maxDelayMs: 40, loss: 0, duplicate: 0 };

const STORM: Weather = { minDelayMs: 1, maxDelayMs: 1_500, loss: 0.2, duplicate: 0.2 };

export class Network {
  readonly broker = new Party('broker');
  /** How many faults make the weather bad. */
  storms = 0;
  readonly #weather: Weather;
  readonly #sim: Simulation;
  readonly #rng: Rng;
  /** How many faults cut each way; by the two names, in order. */
  readonly #cuts = new Map<string, number>();

  constructor(sim: Simulation, rng: Rng, weather: Weather) {
    this.#sim = sim;
    this.#rng = rng;
    this.#weather = weather;
  }

  cut(a: string, b: string): void {
    const way = wayOf(a, b);
    this.#cuts.set(way, (this.#cuts.get(way) ?? 0) + 1);
  }

  mend(a: string, b: string): void {
    const way = wayOf(a, b);
    this.#cuts.set(way, (this.#cuts.get(way) ?? 0) - 1);
  }

  isCut(a: string, b: string): boolean {
    return (this.#cuts.get(wayOf(a, b)) ?? 0) > 0;
  }

  /** Whether a party has a connection to the broker just now. */
  reachesBroker({ name }: Party): boolean {
    return this.broker.isUp && !this.isCut(name, this.broker.name);
  }

  /** One way, for which both ends must be up when it arrives. */
  send(from: Party, to: Party, what: string, deliver: () => void): void {
    if (this.isCut(from.name, to.name) || !to.isUp) return;
    const { minDelayMs, maxDelayMs, loss, duplicate } = this.storms > 0 ? STORM : this.#weather;
    if (this.#rng.chance(loss)) return;
    const copies = this.#rng.chance(duplicate) ? 2 : 1;
    for (let i = 0; i < copies; i++) {
      this.#sim.after(this.#rng.between(minDelayMs, maxDelayMs), to, what, () => {
        if (!this.isCut(from.name, to.name)) deliver();
      });
    }
  }

  /** Through the broker to whoever `listeners` names when it gets there. */
  publish<P extends Party>(
    from: Party,
    what: string,
    listeners: () => readonly P[],
    deliver: (to: P) => void,
  ): void {
    this.send(from, this.broker, what, () => {
      for (const to of listeners()) this.send(this.broker, to, what, () => deliver(to));
    });
  }

  /** As `publish`, to one of a queue group: any that is connected, whether it is well or not. */
  publishToOne<P extends Party>(
    from: Party,
    what: string,
    group: () => readonly P[],
    deliver: (to: P) => void,
  ): void {
    const one = (): readonly P[] => {
      const connected = group().filter((party) => party.isUp && this.reachesBroker(party));
      return connected.length === 0 ? [] : [this.#rng.pick(connected)];
    };
    this.publish(from, what, one, deliver);
  }
}

function wayOf(a: string, b: string): string {
  return a < b ? `${a}|${b}` : `${b}|${a}`;
}
