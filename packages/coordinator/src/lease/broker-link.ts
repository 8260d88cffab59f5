/**
 * Whether a coordinator's connection to the broker can be relied on: without it no agent is asked or
 * heard, and each round that it opens ends `unknown`. Pure: time is an argument.
 *
 *     there    -- connection lost ---------------------------> doubtful
 *     doubtful -- connected for SETTLED_MS on end -----------> there
 *     doubtful -- without connection for AWAY_MS on end -----> away
 *     away     -- connected again ---------------------------> doubtful
 *
 * What each means for shards is described in `plan.ts`. The state between keeps them still: a link
 * that flaps is never lost for long nor there for long; one that was lost with everybody else's, as
 * when the broker itself is gone, is no reason to hand anything over to whoever is back first.
 */
export type BrokerState = 'there' | 'doubtful' | 'away';

/** So long monitors are unknown rather than moved: a broker that is started again is back earlier. */
export const AWAY_MS = 10_000;
/** A connection that lasted so long is expected to last. */
export const SETTLED_MS = 10_000;

export class BrokerLink {
  #connected: boolean;
  /** Since when it is as it is. */
  #sinceMs: number;

  /** One that is connected from the start is relied on at once. Milliseconds of any steady clock. */
  constructor(connected: boolean, nowMs: number) {
    this.#connected = connected;
    this.#sinceMs = connected ? -Infinity : nowMs;
  }

  /** It is connected, or not, from now on; said again, it changes nothing. */
  note(connected: boolean, nowMs: number): void {
    if (connected === this.#connected) return;
    this.#connected = connected;
    this.#sinceMs = nowMs;
  }

  at(nowMs: number): BrokerState {
    const forMs = nowMs - this.#sinceMs;
    if (this.#connected) return forMs >= SETTLED_MS ? 'there' : 'doubtful';
    return forMs >= AWAY_MS ? 'away' : 'doubtful';
  }
}
