/** Who is alive, by heartbeats: in memory for decisions and the API, in the database for later. */
import { onBeat, type Bus } from '@trustmonitor/bus';
import {
  formatTimestamp,
  isTrustMonitorError,
  parseTimestamp,
  type Beat,
} from '@trustmonitor/protocol';
import type { Logger } from 'pino';
import type { Clock } from './clock.ts';
import type { Credentials } from './enrol/credentials.ts';
import type { KeyRings } from './keyrings.ts';
import { upsertAgentStatuses, type AgentStatus } from './store/agents.ts';
import type { Database } from './store/database.ts';

/** Agents beat every two seconds; five missed beats are a loss. */
const LOST_AFTER_MS = 10_000;
const WRITE_EVERY_MS = 5_000;

export class AgentRoster {
  readonly #statuses: Map<string, AgentStatus>;
  readonly #unwritten = new Set<string>();
  readonly #coordinator: string;
  readonly #keyRings: Pick<KeyRings, 'ring'>;
  readonly #credentials: Pick<Credentials, 'forBeat'> | null;
  readonly #drains: { readonly agents: ReadonlySet<string> };
  /** Agents that said with their last beat that they take no jobs. */
  readonly #idle = new Set<string>();
  readonly #clock: Clock;
  readonly #database: Database;
  readonly #log: Logger;
  #subscription: { unsubscribe(): void } | null = null;
  #timer: NodeJS.Timeout | null = null;

  constructor(
    known: Map<string, AgentStatus>,
    parts: {
      /** Id of this coordinator: whose clock agents measure. */
      coordinator: string;
      keyRings: Pick<KeyRings, 'ring'>;
      credentials: Pick<Credentials, 'forBeat'> | null;
      /** The agents that are to take no jobs. */
      drains: { readonly agents: ReadonlySet<string> };
      clock: Clock;
      database: Database;
      log: Logger;
    },
  ) {
    this.#statuses = known;
    this.#coordinator = parts.coordinator;
    this.#keyRings = parts.keyRings;
    this.#credentials = parts.credentials;
    this.#drains = parts.drains;
    this.#clock = parts.clock;
    this.#database = parts.database;
    this.#log = parts.log;
  }

  start(bus: Bus): void {
    this.#subscription = onBeat(
      bus,
      (beat) => {
        const now = this.#clock();
        this.#note(beat, now);
        const credential = this.#credentials?.forBeat(beat);
        const [coordinator, receivedAt] = [this.#coordinator, formatTimestamp(now)];
        const drained = this.#drains.agents.has(beat.agent);
        const reply = { v: 1 as const, receivedAt, coordinator, drained };
        return credential === undefined ? reply : { ...reply, credential };
      },
      (subject, error) => this.#log.warn({ subject, err: error }, 'malformed heartbeat'),
    );
    this.#timer = setInterval(() => void this.#write(), WRITE_EVERY_MS);
  }

  /**
   * Names that are not in the key ring are answered and not kept: they could be without end. Nor
   * is a beat that began on a date that is none.
   */
  #note(beat: Beat, nowMs: number): void {
    const startedAtMs = parseTimestamp(beat.startedAt);
    if (!this.#keyRings.ring.hasAgent(beat.agent) || Number.isNaN(startedAtMs)) return;
    this.#statuses.set(beat.agent, {
      agent: beat.agent,
      region: beat.region,
      version: beat.version,
      startedAtMs,
      lastSeenAtMs: nowMs,
      skewMs: beat.skewMs,
      spooledBatches: beat.spooledBatches,
    });
    if (beat.drained === true) this.#idle.add(beat.agent);
    else this.#idle.delete(beat.agent);
    this.#unwritten.add(beat.agent);
  }

  async stop(): Promise<void> {
    this.#subscription?.unsubscribe();
    if (this.#timer !== null) clearInterval(this.#timer);
    await this.#write();
  }

  status(agent: string): AgentStatus | undefined {
    return this.#statuses.get(agent);
  }

  isAlive(agent: string): boolean {
    const status = this.#statuses.get(agent);
    return status !== undefined && this.#clock() - status.lastSeenAtMs <= LOST_AFTER_MS;
  }

  /** Whether it has said that it takes no jobs, and is still heard. */
  isIdle(agent: string): boolean {
    return this.#idle.has(agent) && this.isAlive(agent);
  }

  async #write(): Promise<void> {
    const agents = [...this.#unwritten];
    this.#unwritten.clear();
    const rows = agents.flatMap((agent) => this.#statuses.get(agent) ?? []);
    try {
      await upsertAgentStatuses(this.#database, rows);
    } catch (error) {
      await this.#writeApart(rows, error);
    }
  }

  /** An agent can send what no column takes (a NUL in its version); the others are written all the same. */
  async #writeApart(rows: readonly AgentStatus[], error: unknown): Promise<void> {
    if (isTrustMonitorError(error, 'postgres.unavailable')) {
      for (const { agent } of rows) this.#unwritten.add(agent);
      this.#log.warn({ err: error }, 'agent statuses are not written yet');
      return;
    }
    if (rows.length === 1) {
      this.#log.warn({ err: error, agent: rows[0]?.agent }, 'an agent status cannot be written');
      return;
    }
    for (const row of rows) {
      await upsertAgentStatuses(this.#database, [row]).catch((cause: unknown) =>
        this.#writeApart([row], cause),
      );
    }
  }
}
