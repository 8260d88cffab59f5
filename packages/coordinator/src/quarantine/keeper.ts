/**
 * Keeps the regions that are not asked (see `plan.ts`). Each coordinator sees the answers to its own
 * rounds, and asks regions in probation about its own monitors; the table is where that comes
 * together, so a quarantine outlives every process and holds for all of them within seconds.
 */
import {
  formatTimestamp,
  isPush,
  type LiveEvent,
  type Member,
  type Uuid7,
} from '@trustmonitor/protocol';
import type { Bus } from '@trustmonitor/bus';
import type { Logger } from 'pino';
import type { Clock } from '../clock.ts';
import { dispatch, type Sender } from '../dispatch.ts';
import type { KeyRings } from '../keyrings.ts';
import { selectAliveAgents } from '../store/agents.ts';
import { SYSTEM, insertAudit } from '../store/audit.ts';
import type { Database, Queryable } from '../store/database.ts';
import { selectDrains } from '../store/drains.ts';
import { insertEvents } from '../store/events.ts';
import { lockQuarantine, selectQuarantine, upsertQuarantine } from '../store/quarantine.ts';
import type { ResultRow } from '../store/results.ts';
import { selectFlagged } from '../store/trust.ts';
import { believeAgain } from '../trust/believe-again.ts';
import type { Observation } from '../trust/judge.ts';
import type { WatchList } from '../watch-list.ts';
import { Repeater } from '../repeater.ts';
import { findLostRegions } from './lost-regions.ts';
import { changedRecords, settled, type Candidate, type RegionRecord } from './plan.ts';
import { ASK_EVERY_MS, Probation, type ProbationAnswer } from './probation.ts';
import { CanaryWatch, candidatesOf } from './symptoms.ts';

const LOOK_EVERY_MS = 2_000;
/** Longer than a restart of the broker takes to be over for every agent. */
const LOST_AFTER_MS = 30_000;

export interface QuarantineParts {
  readonly database: Database;
  readonly bus: Bus;
  readonly sender: Sender;
  readonly keyRings: Pick<KeyRings, 'members' | 'ring' | 'voters'>;
  readonly watchList: Pick<WatchList, 'all' | 'get'>;
  /** The regions that operators have taken out: neither judged nor asked. */
  readonly drains: { readonly regions: ReadonlySet<string> };
  /** Whether this coordinator may decide just now. */
  readonly isFresh: () => boolean;
  readonly newRoundId: (atMs: number) => Uuid7;
  /** Told of answers in probation: they are how an agent is believed again. */
  readonly onSeen: (seen: readonly Observation[]) => void;
  readonly clock: Clock;
  readonly log: Logger;
}

export class QuarantineKeeper {
  readonly #parts: QuarantineParts;
  readonly #canaries = new CanaryWatch();
  readonly #probation = new Probation();
  readonly #repeater = new Repeater(async () => {
    await this.#look();
    return LOOK_EVERY_MS;
  });
  #regions: ReadonlySet<string> = new Set();
  #answers: ProbationAnswer[] = [];
  #askAtMs = 0;
  /** Since when the broker has been there without a gap; null while it is away. */
  #connectedSinceMs: number | null = null;
  /** Regions that may vote, and that had a reason not to at the last look. */
  #suspected: ReadonlySet<string> = new Set();
  /** Regions whose canaries fail, as they were known when it was last woken for them. */
  #offline: readonly string[] = [];

  constructor(parts: QuarantineParts) {
    this.#parts = parts;
  }

  /** The regions that no round asks which can do without them. */
  get regions(): ReadonlySet<string> {
    return this.#regions;
  }

  /** The regions that no round asks, whoever is left. */
  get drained(): ReadonlySet<string> {
    return this.#parts.drains.regions;
  }

  /** Whether a round is one of probation: no monitor has it open, and no vote in it counts. */
  isProbation(round: Uuid7): boolean {
    return this.#probation.has(round);
  }

  /** Resolves when it is known who is in quarantine, if the database says so. */
  async start(): Promise<void> {
    await this.#look();
    this.#repeater.start(LOOK_EVERY_MS);
  }

  stop(): Promise<void> {
    return this.#repeater.stop();
  }

  /** Called by the loop for what is committed. */
  observe(results: readonly ResultRow[]): void {
    const { clock, watchList } = this.#parts;
    const now = clock();
    this.#canaries.note(results, now);
    this.#take(this.#probation.take(results, watchList, now));
    const offline = this.#canaries.offline(now);
    const isNew = offline.some((region) => !this.#offline.includes(region));
    this.#offline = offline;
    if (isNew) this.#repeater.wake();
  }

  #take(answers: readonly ProbationAnswer[]): void {
    const atMs = this.#parts.clock();
    this.#answers.push(...answers);
    this.#parts.onSeen(
      answers.flatMap(({ agent, monitor, stance }): Observation[] =>
        agent === null ? [] : [{ type: 'vote', agent, monitor, atMs, stance }],
      ),
    );
  }

  /** Never rejects. While the database is away, what was known last goes on. */
  async #look(): Promise<void> {
    const { database, bus, isFresh, clock, log } = this.#parts;
    const now = clock();
    try {
      this.#adopt(await selectQuarantine(database));
      this.#connectedSinceMs = bus.connected ? (this.#connectedSinceMs ?? now) : null;
      if (this.#connectedSinceMs === null || !isFresh()) {
        this.#probation.forget();
        return;
      }
      await this.#judge(now);
      this.#ask(now);
    } catch (error) {
      log.warn({ err: error }, 'cannot tell now which regions belong in quarantine');
    }
  }

  async #judge(nowMs: number): Promise<void> {
    const { database, watchList } = this.#parts;
    this.#take(this.#probation.take([], watchList, nowMs));
    const looked = settled(await this.#candidates(nowMs), this.#regions, this.#suspected);
    const { candidates } = looked;
    this.#suspected = looked.suspected;
    const answers = this.#answers.filter(
      ({ region }) => this.#regions.has(region) && !this.drained.has(region),
    );
    const isNew = candidates.some(({ region }) => !this.#regions.has(region));
    if (!isNew && answers.length === 0) return;
    this.#adopt(await database.transaction((tx) => this.#write(tx, candidates, answers, nowMs)));
    this.#answers = this.#answers.filter((answer) => !answers.includes(answer));
  }

  async #candidates(nowMs: number): Promise<Candidate[]> {
    const { database, keyRings } = this.#parts;
    const isHeardLong = nowMs - (this.#connectedSinceMs ?? nowMs) >= LOST_AFTER_MS;
    const signs = {
      offline: this.#canaries.offline(nowMs),
      lost: isHeardLong ? await findLostRegions(database, keyRings, LOST_AFTER_MS, nowMs) : [],
      alive: await selectAliveAgents(database, new Date(nowMs - LOST_AFTER_MS)),
      flagged: await selectFlagged(database),
    };
    return candidatesOf(signs, this.#members()).filter(({ region }) => !this.drained.has(region));
  }

  #members(): Member[] {
    return this.#parts.keyRings.members.filter((member) => !isPush(member));
  }

  async #write(
    tx: Queryable,
    candidates: readonly Candidate[],
    answers: readonly ProbationAnswer[],
    nowMs: number,
  ): Promise<Map<string, RegionRecord>> {
    const records = await lockQuarantine(tx);
    // As it stands now: whoever drains a region holds the lock, too.
    const { region: drained } = await selectDrains(tx);
    const members = this.#members();
    const changed = changedRecords(candidates, answers, records, members, nowMs, drained);
    if (changed.size === 0) return records;
    await upsertQuarantine(tx, [...changed.values()]);
    await this.#record(tx, records, [...changed.values()], nowMs);
    return new Map([...records, ...changed]);
  }

  async #record(
    tx: Queryable,
    before: ReadonlyMap<string, RegionRecord>,
    changed: readonly RegionRecord[],
    nowMs: number,
  ): Promise<void> {
    const events: LiveEvent[] = [];
    for (const record of changed) {
      const { region, reason, sinceMs, offence } = record;
      const wasOut = (before.get(region)?.sinceMs ?? null) !== null;
      const isOut = sinceMs !== null;
      if (isOut === wasOut) continue;
      const type = isOut ? 'region.quarantined' : 'region.released';
      const detail = { reason, offence };
      this.#parts.log.warn({ region, ...detail }, type);
      await insertAudit(tx, { actor: SYSTEM, action: type, subject: region, detail });
      if (!isOut && reason === 'flagged') {
        events.push(...(await believeAgain(tx, this.#agentsOf(region), nowMs)));
      }
      events.push({ type, at: formatTimestamp(nowMs), region, reason });
    }
    await insertEvents(tx, events);
  }

  #agentsOf(region: string): string[] {
    const keys = this.#parts.keyRings.ring.keysOf('agent-vote');
    return keys.flatMap((key) => (key.region === region && key.agent !== null ? [key.agent] : []));
  }

  #adopt(records: ReadonlyMap<string, RegionRecord>): void {
    const out = [...records.values()].filter(({ sinceMs }) => sinceMs !== null);
    this.#regions = new Set(out.map(({ region }) => region));
    if (out.length === 0) this.#probation.forget();
  }

  #ask(nowMs: number): void {
    if (nowMs < this.#askAtMs || this.#regions.size === 0) return;
    const { bus, sender, watchList, newRoundId, log } = this.#parts;
    this.#askAtMs = nowMs + ASK_EVERY_MS;
    const members = this.#members();
    const regions = new Set([...this.#regions].filter((region) => !this.drained.has(region)));
    const asks = this.#probation.ask(regions, watchList, members, nowMs, newRoundId);
    dispatch(asks, { bus, log, ...sender });
  }
}
