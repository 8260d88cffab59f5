/**
 * An agent that does what a test says: it takes real jobs from the real bus, seals its results
 * with the evidence package and publishes them, and keeps every receipt.
 */
import { connectBus, onJob, onReceipt, requestBeat, sendBatch, type Bus } from '@trustmonitor/bus';
import { sealBatch, type SealedBatch, type Signer } from '@trustmonitor/evidence';
import {
  formatTimestamp,
  resultSubject,
  shardOf,
  type Beat,
  type BeatReply,
  type Job,
  type Receipt,
  type Result,
  type Vote,
} from '@trustmonitor/protocol';
import { NETWORK, type AgentKeys } from './keys.ts';
import { until } from './until.ts';

/** What an agent says to a job: a vote, results of its own making, or nothing. */
export type Answer = Vote | readonly Result[] | null;
export type Behaviour = (job: Job, agent: HandAgent) => Answer;

export class HandAgent {
  readonly keys: AgentKeys;
  readonly bus: Bus;
  readonly jobs: Job[] = [];
  readonly receipts: Receipt[] = [];
  readonly #behaviours = new Map<string, Behaviour>();
  readonly #last = new Map<string, Job>();
  #seq = 0;
  #prev: string | null = null;

  private constructor(keys: AgentKeys, bus: Bus) {
    this.keys = keys;
    this.bus = bus;
  }

  static async connect(natsUrl: string, keys: AgentKeys): Promise<HandAgent> {
    const bus = await connectBus({ url: natsUrl, client: keys.agent, seed: keys.nkeySeed });
    const agent = new HandAgent(keys, bus);
    const fail = (_subject: string, error: Error): never => {
      throw error;
    };
    onJob(bus, keys.region, (job) => agent.#take(job), fail);
    onReceipt(bus, keys.agent, (receipt) => agent.receipts.push(receipt), fail);
    await bus.flush();
    return agent;
  }

  /** How it answers jobs of a monitor from now on; without a behaviour it stays silent. */
  behave(monitor: string, behaviour: Behaviour): void {
    this.#behaviours.set(monitor, behaviour);
  }

  /** A job of the monitor that was not looked at by an earlier call. */
  async nextJob(monitor: string): Promise<Job> {
    return until(`a job for ${monitor} in ${this.keys.region}`, () => {
      const index = this.jobs.findIndex((job) => job.monitor === monitor);
      return index < 0 ? null : this.jobs.splice(index, 1)[0];
    });
  }

  /** The newest job of the monitor, whether it was looked at or not; null before the first. */
  lastJob(monitor: string): Job | null {
    return this.#last.get(monitor) ?? null;
  }

  /** Seals results as the next batch of this agent, or with other facts where a test lies. */
  seal(
    results: readonly Result[],
    lie: { signer?: Signer; sealedAtMs?: number; agent?: string; network?: string } = {},
  ): SealedBatch {
    const sealed = sealBatch(
      {
        network: lie.network ?? NETWORK,
        agent: lie.agent ?? this.keys.agent,
        seq: ++this.#seq,
        prev: this.#prev,
        sealedAt: formatTimestamp(lie.sealedAtMs ?? Date.now()),
        seen: null,
      },
      results,
      lie.signer ?? this.keys.signer,
    );
    this.#prev = sealed.digest;
    return sealed;
  }

  publish(message: Uint8Array, shard = 0): void {
    sendBatch(this.bus, shard, this.keys.agent, message);
  }

  /** Publishes on a subject of the test's choosing; the broker lets pass what it may. */
  publishRaw(subject: string, data: Uint8Array): void {
    this.bus.publish(subject, data);
  }

  get resultSubject(): string {
    return resultSubject(0, this.keys.agent);
  }

  /** Seals and sends. */
  send(...results: readonly Result[]): SealedBatch {
    const sealed = this.seal(results);
    this.publish(sealed.message, shardOf(results[0]!.monitor));
    return sealed;
  }

  answer(job: Job, vote: Vote): SealedBatch {
    const sealed = this.seal([this.resultOf(job, { outcome: vote })]);
    this.publish(sealed.message, job.shard);
    return sealed;
  }

  receiptOf({ digest }: Pick<SealedBatch, 'digest'>, nth = 1): Promise<Receipt> {
    return until(`receipt ${nth} for batch ${digest}`, () => this.receiptsOf(digest)[nth - 1]);
  }

  receiptsOf(digest: string): Receipt[] {
    return this.receipts.filter(({ batch }) => batch === digest);
  }

  beat(changes: Partial<Beat> = {}): Promise<BeatReply> {
    return requestBeat(this.bus, this.beatOf(changes), 10_000);
  }

  beatOf(changes: Partial<Beat> = {}): Beat {
    const now = formatTimestamp(Date.now());
    return {
      v: 1,
      network: NETWORK,
      agent: this.keys.agent,
      region: this.keys.region,
      version: '0.0.0-test',
      sentAt: now,
      startedAt: now,
      skewMs: 0,
      queued: 0,
      spooledBatches: 0,
      loopDelayUs: 0,
      ...changes,
    };
  }

  resultOf(job: Job, changes: Partial<Result> = {}): Result {
    return resultBy(this.keys, job, changes);
  }

  close(): Promise<void> {
    return this.bus.close();
  }

  #take(job: Job): void {
    this.#last.set(job.monitor, job);
    const behaviour = this.#behaviours.get(job.monitor);
    if (behaviour === undefined) {
      this.jobs.push(job);
      return;
    }
    const answer = behaviour(job, this);
    if (answer === null) return;
    if (typeof answer === 'string') this.answer(job, answer);
    else this.send(...answer);
  }
}

/** What an agent of these keys may say to a job. */
export function resultBy(
  keys: Pick<AgentKeys, 'agent' | 'region'>,
  job: Pick<Job, 'monitor' | 'round' | 'check'>,
  changes: Partial<Result> = {},
): Result {
  const outcome = changes.outcome ?? 'up';
  const down = outcome === 'down';
  return {
    v: 1,
    network: NETWORK,
    agent: keys.agent,
    region: keys.region,
    monitor: job.monitor,
    check: job.check.digest,
    round: job.round,
    attempt: 1,
    final: true,
    outcome,
    failure: down
      ? { class: 'server_error', attribution: 'target', detail: 'expected 200, got 503' }
      : null,
    startedAt: formatTimestamp(Date.now()),
    durationMs: 12,
    phases: {
      resolveUs: null,
      connectUs: 900,
      tlsUs: null,
      processingUs: 10_000,
      transferUs: 100,
      totalUs: 12_000,
    },
    response: null,
    selfCheck: { canaries: down ? 'ok' : null, loopDelayUs: 100, queued: 0 },
    ...changes,
  };
}
