/**
 * Keeps the scores of agents: what the loop saw is gathered in memory and added to the table every
 * few seconds. Each coordinator adds what it decided itself; the table is where it comes together,
 * so scores outlive every process. One that is killed loses what it saw in those seconds.
 *
 * People are told once of all agents that are found at the same time, whatever they vote on.
 */
import { PUSH, formatTimestamp, isTrustMonitorError, type LiveEvent } from '@trustmonitor/protocol';
import type { Logger } from 'pino';
import type { Clock } from '../clock.ts';
import type { KeyRings } from '../keyrings.ts';
import { enqueue } from '../notify/enqueue.ts';
import { insertAudit, SYSTEM } from '../store/audit.ts';
import { selectChannels } from '../store/channels.ts';
import type { Database, Queryable } from '../store/database.ts';
import { insertEvents } from '../store/events.ts';
import { lockTrust, upsertTrust, type StoredTrust } from '../store/trust.ts';
import type { Observation } from './judge.ts';
import { flagMessageOf } from './message.ts';
import { doubtfulMonitors, rescore, unknownScore } from './score.ts';

const WRITE_EVERY_MS = 5_000;
/** While the database is away, what was seen first is forgotten beyond this. */
const MAX_WAITING = 100_000;
/** An agent that is flagged again and again is told of once in this time. */
const QUIET_MS = 3_600_000;

export interface TrustKeeperParts {
  readonly database: Database;
  readonly clock: Clock;
  readonly apiUrl: string;
  /** Nothing is kept of agents that are not the network's. */
  readonly keyRings: Pick<KeyRings, 'ring'>;
  /** Called when there is a message to send. */
  readonly onTold: () => void;
  readonly log: Logger;
}

/** What a write changed: agents that are flagged now and were not, and the other way round. */
interface Change {
  readonly trust: StoredTrust;
  readonly wasFlagged: boolean;
}

export class TrustKeeper {
  readonly #parts: TrustKeeperParts;
  #waiting: Observation[] = [];
  #timer: NodeJS.Timeout | null = null;
  #writing: Promise<void> | null = null;

  constructor(parts: TrustKeeperParts) {
    this.#parts = parts;
  }

  start(): void {
    this.#timer = setInterval(() => void this.#write(), WRITE_EVERY_MS);
  }

  /** Writes what waits, if the database takes it. */
  async stop(): Promise<void> {
    if (this.#timer !== null) clearInterval(this.#timer);
    await this.#writing;
    await this.#write();
  }

  /** Called by the loop for what is committed: it only notes. */
  observe(seen: readonly Observation[]): void {
    for (const observation of seen) this.#waiting.push(observation);
    const surplus = this.#waiting.length - MAX_WAITING;
    if (surplus > 0) this.#waiting.splice(0, surplus);
  }

  #write(): Promise<void> {
    this.#writing ??= this.#writeWaiting().finally(() => {
      this.#writing = null;
    });
    return this.#writing;
  }

  async #writeWaiting(): Promise<void> {
    const { database, keyRings, onTold, log } = this.#parts;
    const { ring } = keyRings;
    const seen = this.#waiting.filter(({ agent }) => agent !== PUSH.agent && ring.hasAgent(agent));
    this.#waiting = [];
    if (seen.length === 0) return;
    try {
      const flagged = await database.transaction((tx) => this.#add(tx, seen));
      if (flagged.length === 0) return;
      log.warn({ agents: flagged.map(({ agent }) => agent) }, 'agents vote against the quorum');
      onTold();
    } catch (error) {
      log.warn({ err: error }, 'scores of agents are not written yet');
      // What the database will never take is not tried again.
      if (isTrustMonitorError(error, 'postgres.unavailable')) {
        this.#waiting = [...seen, ...this.#waiting];
      }
    }
  }

  /** Returns the agents that people are told of. */
  async #add(tx: Queryable, seen: readonly Observation[]): Promise<StoredTrust[]> {
    const nowMs = this.#parts.clock();
    const known = await lockTrust(tx);
    const changes = [...byAgent(seen)].map(([agent, of]): Change => {
      const before = known.get(agent);
      const score = rescore(before?.score ?? unknownScore(nowMs), of, nowMs);
      const wasFlagged = (before?.score.flaggedAtMs ?? null) !== null;
      return { trust: { agent, score, toldAtMs: before?.toldAtMs ?? null }, wasFlagged };
    });
    const told = changes.filter((change) => mustTell(change, nowMs)).map(({ trust }) => trust);
    const rows = changes.map(({ trust }) =>
      told.includes(trust) ? { ...trust, toldAtMs: nowMs } : trust,
    );
    await upsertTrust(tx, rows);
    await this.#record(tx, changes, nowMs);
    await this.#tell(tx, told, nowMs);
    return told;
  }

  async #tell(tx: Queryable, told: readonly StoredTrust[], nowMs: number): Promise<void> {
    if (told.length === 0) return;
    const channels = (await selectChannels(tx)).map(({ id }) => id);
    await enqueue(tx, channels, flagMessageOf(told, nowMs, this.#parts.apiUrl));
  }

  async #record(tx: Queryable, changes: readonly Change[], nowMs: number): Promise<void> {
    const events = changes
      .filter(({ trust, wasFlagged }) => isFlagged(trust) !== wasFlagged)
      .map(({ trust }) => eventOf(trust, nowMs));
    for (const { type, agent, monitors } of events) {
      await insertAudit(tx, { actor: SYSTEM, action: type, subject: agent, detail: { monitors } });
    }
    await insertEvents(tx, events);
  }
}

function byAgent(seen: readonly Observation[]): Map<string, Observation[]> {
  const groups = new Map<string, Observation[]>();
  for (const observation of seen) {
    const group = groups.get(observation.agent);
    if (group === undefined) groups.set(observation.agent, [observation]);
    else group.push(observation);
  }
  return groups;
}

function isFlagged({ score }: StoredTrust): boolean {
  return score.flaggedAtMs !== null;
}

function mustTell({ trust, wasFlagged }: Change, nowMs: number): boolean {
  if (wasFlagged || !isFlagged(trust)) return false;
  return trust.toldAtMs === null || nowMs - trust.toldAtMs >= QUIET_MS;
}

type FlagEvent = Extract<LiveEvent, { type: 'agent.flagged' | 'agent.cleared' }>;

function eventOf(trust: StoredTrust, nowMs: number): FlagEvent {
  const flagged = isFlagged(trust);
  return {
    type: flagged ? 'agent.flagged' : 'agent.cleared',
    at: formatTimestamp(nowMs),
    agent: trust.agent,
    monitors: flagged ? doubtfulMonitors(trust.score) : [],
  };
}
