/**
 * The coordinator as a voter: what it was told by jobs becomes signed results, which go the way
 * of every agent's batch. It follows the rules of an agent: one chain of batches, and the next is
 * sealed only when the one before is stored or refused.
 *
 *     idle    -- asked ----------------------------> judging (reads reports, seals a batch)
 *     judging -- offered to the cycle -------------> waiting for the receipt
 *     judging -- turned away, or an error ---------> idle; the vote is missing, as an agent's is
 *     waiting -- committed: it is the chain's head --> idle
 *     waiting -- refused: the head stays ------------> idle
 *
 * From idle it goes on at once with what was asked meanwhile.
 */
import {
  digestOf,
  encodeHex,
  encodeUtf8,
  parseCheckpoint,
  parseNote,
  sealBatch,
  type Signer,
} from '@trustmonitor/evidence';
import {
  DUTY_SHARD,
  PUSH,
  formatTimestamp,
  type HeartbeatCheck,
  type Receipt,
  type Result,
  type SeenCheckpoint,
} from '@trustmonitor/protocol';
import type { Logger } from 'pino';
import type { Clock } from '../clock.ts';
import type { About, Ask } from '../decide.ts';
import type { ReceivedBatch } from '../intake.ts';
import type { Database } from '../store/database.ts';
import { selectHeartbeats, type StoredHeartbeat } from '../store/heartbeats.ts';
import { selectNewestCheckpoint } from '../store/log.ts';
import { selectNewestBatch } from '../store/results.ts';
import { judge } from './judge.ts';
import type { Listening } from './listening.ts';

/** Far below what a batch may hold and weigh. */
const MAX_RESULTS = 500;

export interface PushVoterParts {
  readonly database: Database;
  readonly listening: Listening;
  readonly signer: Signer;
  readonly network: string;
  readonly clock: Clock;
  readonly log: Logger;
  /** False when the batch is turned away: no receipt comes then. */
  readonly offer: (batch: ReceivedBatch) => boolean;
}

/** The newest batch of the chain that is stored. */
interface Head {
  readonly seq: number;
  readonly digest: string | null;
}

export class PushVoter {
  readonly #parts: PushVoterParts;
  #head: Head = { seq: 0, digest: null };
  #asked: About<Ask>[] = [];
  #waiting: ((receipt: Receipt | null) => void) | null = null;
  #running: Promise<void> | null = null;
  #stopping = true;

  constructor(parts: PushVoterParts) {
    this.#parts = parts;
  }

  /**
   * Goes on with the chain as it is stored; only after the shard of the heartbeats is taken. Who
   * had it before can store no more, so the chain never forks.
   */
  async start(): Promise<void> {
    const newest = await selectNewestBatch(this.#parts.database, PUSH.agent);
    this.#head = newest ?? { seq: 0, digest: null };
    this.#stopping = false;
  }

  async stop(): Promise<void> {
    this.#stopping = true;
    this.#asked = [];
    this.#waiting?.(null);
    await this.#running;
  }

  ask(asks: readonly About<Ask>[]): void {
    if (this.#stopping) return;
    this.#asked.push(...asks);
    if (this.#asked.length > 0) this.#running ??= this.#run();
  }

  receive(receipt: Receipt): void {
    this.#waiting?.(receipt);
  }

  async #run(): Promise<void> {
    while (this.#asked.length > 0 && !this.#stopping) {
      const asks = this.#asked.splice(0, MAX_RESULTS);
      try {
        await this.#answer(asks.filter((ask) => this.#isInTime(ask)));
      } catch (error) {
        this.#parts.log.warn({ err: error }, 'heartbeat monitors cannot be judged now');
      }
    }
    this.#running = null;
  }

  #isInTime({ effect }: About<Ask>): boolean {
    return this.#parts.clock() <= effect.at + effect.expiresInMs;
  }

  async #answer(asks: readonly About<Ask>[]): Promise<void> {
    const { database, listening, clock, offer } = this.#parts;
    const monitors = asks.map(({ watched }) => watched.definition.id);
    if (monitors.length === 0) return;
    await listening.note();
    const heartbeats = await selectHeartbeats(database, monitors);
    const results = asks.flatMap((ask) => this.#resultOf(ask, heartbeats) ?? []);
    if (results.length === 0) return;
    const { message, digest, seq } = this.#seal(results, await newestSeen(database));
    const receipt = this.#receipt();
    const batch = { agent: PUSH.agent, shard: DUTY_SHARD, message, arrivedAtMs: clock() };
    if (!offer(batch)) return;
    if ((await receipt)?.status === 'committed') this.#head = { seq, digest };
  }

  #receipt(): Promise<Receipt | null> {
    return new Promise((resolve) => {
      this.#waiting = (receipt) => {
        this.#waiting = null;
        resolve(receipt);
      };
    });
  }

  #seal(results: readonly Result[], seen: SeenCheckpoint | null): ReturnType<typeof sealBatch> {
    const { network, clock, signer } = this.#parts;
    const header = {
      network,
      agent: PUSH.agent,
      seq: this.#head.seq + 1,
      prev: this.#head.digest,
      sealedAt: formatTimestamp(clock()),
      seen,
    };
    return sealBatch(header, results, signer);
  }

  #resultOf(
    { watched, effect }: About<Ask>,
    heartbeats: ReadonlyMap<string, StoredHeartbeat>,
  ): Result | null {
    const { id, check } = watched.definition;
    const heartbeat = heartbeats.get(id);
    if (check.type !== 'heartbeat' || heartbeat === undefined) return null;
    return {
      v: 1,
      network: this.#parts.network,
      agent: PUSH.agent,
      region: PUSH.region,
      monitor: id,
      check: watched.checkDigest,
      round: effect.round,
      ...this.#seen(check, heartbeat),
    };
  }

  #seen(check: HeartbeatCheck, heartbeat: StoredHeartbeat): typeof NOTHING_PROBED & Seen {
    const now = this.#parts.clock();
    return {
      ...NOTHING_PROBED,
      ...judge(check.heartbeat, heartbeat, now),
      startedAt: formatTimestamp(now),
    };
  }
}

/** As agents do: witnesses dated this checkpoint, and what is sealed with it is no older. */
async function newestSeen(database: Database): Promise<SeenCheckpoint | null> {
  const note = (await selectNewestCheckpoint(database, { cosigned: true }))?.cosigned ?? null;
  if (note === null) return null;
  const { size, root } = parseCheckpoint(parseNote(note).text);
  return { size, root: encodeHex(root), note: digestOf(encodeUtf8(note)) };
}

type Seen = Pick<Result, 'outcome' | 'failure' | 'startedAt'>;

const NOTHING_PROBED = {
  attempt: 1,
  final: true,
  durationMs: 0,
  phases: {
    resolveUs: null,
    connectUs: null,
    tlsUs: null,
    processingUs: null,
    transferUs: null,
    totalUs: 0,
  },
  response: null,
  selfCheck: { canaries: null, loopDelayUs: 0, queued: 0 },
} as const;
