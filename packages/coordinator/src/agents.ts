/** Who is alive, by heartbeats: in memory for decisions and the API, in the database for later. */
import { onBeat, type Bus } from '@trustmonitor/bus';
import { formatTimestamp, parseTimestamp } from '@trustmonitor/protocol';
import type { Logger } from 'pino';
import type { Clock } from './clock.ts';
import { upsertAgentStatuses, type AgentStatus } from './store/agents.ts';
import type { Database } from './store/database.ts';

/** Agents beat every two seconds; five missed beats are a loss. */
export const LOST_AFTER_MS = 10_000;
const WRITE_EVERY_MS = 5_000;

export class AgentRoster {
  readonly #statuses: Map<string, AgentStatus>;
  readonly #unwritten = new Set<string>();
  readonly #clock: Clock;
  readonly #database: Database;
  readonly #log: Logger;
  #subscription: { unsubscribe(): void } | null = null;
  #timer: NodeJS.Timeout | null = null;

  constructor(
    known: Map<string, AgentStatus>,
    parts: { clock: Clock; database: Database; log: Logger },
  ) {
    this.#statuses = known;
    this.#clock = parts.clock;
    this.#database = parts.database;
    this.#log = parts.log;
  }

  start(bus: Bus): void {
    this.#subscription = onBeat(
      bus,
      (beat) => {
        const now = this.#clock();
        this.#statuses.set(beat.agent, {
          agent: beat.agent,
          region: beat.region,
          version: beat.version,
          startedAtMs: parseTimestamp(beat.startedAt),
          lastSeenAtMs: now,
          skewMs: beat.skewMs,
          spooledBatches: beat.spooledBatches,
        });
        this.#unwritten.add(beat.agent);
        return { v: 1, receivedAt: formatTimestamp(now) };
      },
      (subject, error) => this.#log.warn({ subject, err: error }, 'malformed heartbeat'),
    );
    this.#timer = setInterval(() => void this.#write(), WRITE_EVERY_MS);
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

  async #write(): Promise<void> {
    const agents = [...this.#unwritten];
    this.#unwritten.clear();
    const rows = agents.flatMap((agent) => this.#statuses.get(agent) ?? []);
    try {
      await upsertAgentStatuses(this.#database, rows);
    } catch (error) {
      for (const agent of agents) this.#unwritten.add(agent);
      this.#log.warn({ err: error }, 'agent statuses are not written yet');
    }
  }
}
