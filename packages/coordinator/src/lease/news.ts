/**
 * What other processes did that concerns this one: a monitor written through another replica's
 * API, a coordinator that left. Told by PostgreSQL on a connection of its own.
 *
 *     listening -- connection lost --> away -- connected again --> listening
 *
 * What is told while it is away is lost, so monitors are also looked at every few seconds. A
 * transaction is seen by its start, so each look reaches back further than the one before.
 */
import type { Logger } from 'pino';
import type { Database } from '../store/database.ts';
import type { Epochs } from '../store/lease.ts';
import { openListener, type Listener } from '../store/listener.ts';
import { selectChangedMonitors } from '../store/monitors.ts';
import type { Channel } from '../store/notifications.ts';

const LOOK_EVERY_MS = 5_000;
/** Longer than a transaction that writes monitors takes. */
const REACH_BACK_MS = 60_000;
const RECONNECT_MS = 1_000;

export interface NewsParts {
  readonly database: Database;
  readonly databaseUrl: string;
  readonly held: () => Epochs;
  /** The revision that is watched of a monitor; undefined when it is not watched. */
  readonly revisionOf: (monitor: string) => number | undefined;
  readonly on: Readonly<Record<Channel, (payload: string) => void>>;
  readonly log: Logger;
}

export class News {
  readonly #parts: NewsParts;
  #listener: Listener | null = null;
  #lookedAtMs: number | null = null;
  #timer: NodeJS.Timeout | null = null;
  #retry: NodeJS.Timeout | null = null;
  #looking: Promise<void> = Promise.resolve();
  #connecting: Promise<void> = Promise.resolve();
  #stopping = false;

  constructor(parts: NewsParts) {
    this.#parts = parts;
  }

  async start(): Promise<void> {
    await this.#connect();
    await this.#look();
    this.#timer = setInterval(() => {
      this.#looking = this.#look();
    }, LOOK_EVERY_MS);
  }

  async stop(): Promise<void> {
    this.#stopping = true;
    if (this.#timer !== null) clearInterval(this.#timer);
    if (this.#retry !== null) clearTimeout(this.#retry);
    await this.#connecting;
    await this.#looking;
    await this.#listener?.close();
  }

  async #connect(): Promise<void> {
    const { databaseUrl, on, log } = this.#parts;
    try {
      this.#listener = await openListener(databaseUrl, {
        onNotice: (channel, payload) => on[channel](payload),
        onLost: () => this.#reconnect(),
      });
    } catch (error) {
      log.warn({ err: error }, 'news of other coordinators cannot be heard now');
      this.#reconnect();
    }
  }

  #reconnect(): void {
    this.#listener = null;
    if (this.#stopping) return;
    this.#retry = setTimeout(() => {
      this.#connecting = this.#connect();
    }, RECONNECT_MS);
  }

  /** Monitors that are not watched as they are written now. */
  async #look(): Promise<void> {
    const { database, held, revisionOf, on, log } = this.#parts;
    try {
      const sinceMs = (this.#lookedAtMs ?? Date.now()) - REACH_BACK_MS;
      const found = await selectChangedMonitors(database, [...held().keys()], sinceMs);
      this.#lookedAtMs = found.nowMs;
      for (const { id, revision, there } of found.changed) {
        if (revisionOf(id) !== (there ? revision : undefined)) on.monitor(id);
      }
    } catch (error) {
      log.debug({ err: error }, 'changed monitors cannot be looked for now');
    }
  }
}
