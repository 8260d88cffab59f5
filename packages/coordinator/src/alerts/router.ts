/**
 * From what happened to who is told: reads new alert events and what time has changed, decides by
 * the pure router, and writes its state with the messages in one transaction. One of the duties that
 * exist once; should there be two for a moment, they wait for each other at one row, and whoever was
 * overtaken reads everything anew.
 *
 * What is not committed did not happen: after a crash the same events are routed by whoever is next.
 */
import { NO_ALERTS, route, type Routed, type RoutingState } from '@trustmonitor/alerting';
import { formatTimestamp, type LiveEvent } from '@trustmonitor/protocol';
import type { Logger } from 'pino';
import type { Clock } from '../clock.ts';
import type { Duty } from '../lease/duties.ts';
import {
  hasAlertEvents,
  lockAlertTurn,
  markRouted,
  raiseAlertTurn,
  selectAlertEvents,
  selectRoutingState,
} from '../store/alerts.ts';
import type { Database, Queryable } from '../store/database.ts';
import { insertEvents } from '../store/events.ts';
import { Repeater } from '../repeater.ts';
import { readRoutingConfig } from './config.ts';
import { writeMessages } from './messages.ts';
import { writeChanges } from './write-changes.ts';

/** Looked for so often even when nobody says that there is news. */
const LOOK_EVERY_MS = 1_000;
/** While alerts are open, what holds them (a region, a window) is looked at again. */
const SWEEP_EVERY_MS = 5_000;
const MAX_EVENTS_PER_TURN = 500;

export interface AlertRouterParts {
  readonly database: Database;
  readonly clock: Clock;
  readonly apiUrl: string;
  /** Called when there is a message to send. */
  readonly onTold: () => void;
  readonly log: Logger;
}

interface Known {
  /** Of the stored state; null: not read yet. */
  readonly version: number | null;
  readonly state: RoutingState;
  readonly nextAtMs: number;
}

const UNREAD: Known = { version: null, state: NO_ALERTS, nextAtMs: 0 };

export class AlertRouter implements Duty {
  readonly #parts: AlertRouterParts;
  readonly #repeater = new Repeater(() => this.#turns());
  #known: Known = UNREAD;
  #sweptAtMs = 0;

  constructor(parts: AlertRouterParts) {
    this.#parts = parts;
  }

  start(): void {
    this.#known = UNREAD;
    this.#repeater.start();
  }

  stop(): Promise<void> {
    return this.#repeater.stop();
  }

  /** Something happened, or was silenced. */
  wake(): void {
    this.#sweptAtMs = 0;
    this.#repeater.wake();
  }

  async #turns(): Promise<number> {
    try {
      const isMore = await this.look();
      return isMore ? 0 : this.#waitMs();
    } catch (error) {
      this.#known = UNREAD;
      this.#parts.log.warn({ err: error }, 'alerts cannot be routed now');
      return LOOK_EVERY_MS;
    }
  }

  /** One turn, if there may be anything to do; whether more waits. */
  async look(): Promise<boolean> {
    const { database, clock, onTold } = this.#parts;
    if (!this.#isDue(clock()) && !(await hasAlertEvents(database))) return false;
    this.#sweptAtMs = clock();
    const turn = await database.transaction((tx) => this.#turn(tx));
    this.#known = turn.known;
    if (turn.messages > 0) onTold();
    return turn.isMore;
  }

  #isDue(nowMs: number): boolean {
    const { nextAtMs, state } = this.#known;
    if (nowMs >= nextAtMs) return true;
    return state.alerts.size > 0 && nowMs - this.#sweptAtMs >= SWEEP_EVERY_MS;
  }

  #waitMs(): number {
    return Math.max(1, Math.min(LOOK_EVERY_MS, this.#known.nextAtMs - this.#parts.clock()));
  }

  async #turn(tx: Queryable): Promise<{ known: Known; messages: number; isMore: boolean }> {
    const version = await lockAlertTurn(tx);
    const isKnown = version === this.#known.version;
    const before = isKnown ? this.#known.state : await selectRoutingState(tx);
    const news = await selectAlertEvents(tx, MAX_EVENTS_PER_TURN);
    const atMs = this.#parts.clock();
    const routed = route(before, { atMs, news }, await readRoutingConfig(tx, atMs));
    const messages = await writeMessages(tx, routed, before, atMs, this.#parts);
    const isChanged = await writeChanges(tx, before, routed);
    if (news.length > 0) {
      const ids = news.map(({ id }) => id);
      await markRouted(tx, ids);
    }
    if (isChanged) await raiseAlertTurn(tx);
    await insertEvents(tx, flappingEvents(before, routed.state, atMs));
    return {
      known: knownAfter(routed, isChanged ? version + 1 : version),
      messages,
      isMore: news.length === MAX_EVENTS_PER_TURN,
    };
  }
}

function flappingEvents(before: RoutingState, after: RoutingState, atMs: number): LiveEvent[] {
  const isFlapping = ({ monitors }: RoutingState, monitor: string): boolean =>
    (monitors.get(monitor)?.flappingSinceMs ?? null) !== null;
  const all = new Set([...before.monitors.keys(), ...after.monitors.keys()]);
  return [...all].flatMap((monitor): LiveEvent[] => {
    const flaps = isFlapping(after, monitor);
    if (flaps === isFlapping(before, monitor)) return [];
    const type = flaps ? 'monitor.flapping' : 'monitor.settled';
    return [{ type, at: formatTimestamp(atMs), monitor }];
  });
}

function knownAfter({ state, nextAtMs }: Routed, version: number): Known {
  return { version, state, nextAtMs: nextAtMs ?? Infinity };
}
