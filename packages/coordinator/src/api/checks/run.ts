/**
 * One check, run once from several regions: the jobs go out, the signed results are taken off the
 * bus here, whichever coordinator owns their shard and stores them, and the quorum is counted over
 * the full membership: a region that says nothing abstains.
 */
import { onBatch, sendJob, type Bus } from '@trustmonitor/bus';
import {
  checkDigest,
  isFresh,
  isSlow,
  type OpenedBatch,
  type OpenedLeaf,
} from '@trustmonitor/evidence';
import {
  ONE_OFF,
  SHARD_COUNT,
  TrustMonitorError,
  fnv1a,
  formatTimestamp,
  parseTimestamp,
  requiredVotes,
  targetOf,
  type CheckEvent,
  type Job,
  type Member,
  type Uuid7,
} from '@trustmonitor/protocol';
import { decideRound, type CountedVote } from '@trustmonitor/quorum';
import type { Clock } from '../../clock.ts';
import { takeIn } from '../../intake.ts';
import type { KeyRings } from '../../keyrings.ts';
import type { PreparedMonitor } from '../../monitor-secrets.ts';

/** How long a finished job may take to come back, as in rounds. */
const SETTLE_MS = 1_000;

export interface CheckParts {
  readonly bus: Bus;
  readonly keyRings: KeyRings;
  readonly clock: Clock;
}

export interface OneOffCheck extends PreparedMonitor {
  readonly id: Uuid7;
  readonly members: readonly Member[];
  /** Those of them that are sent a job; the others abstain. */
  readonly asked: readonly Member[];
}

export class CheckRun {
  readonly #check: OneOffCheck;
  readonly #parts: CheckParts;
  readonly #tell: (event: CheckEvent) => void;
  readonly #digest: string;
  readonly #shard: number;
  readonly #heard = new Set<string>();
  readonly #votes = new Map<string, CountedVote>();
  readonly #startedAt: number;
  #done: () => void = () => undefined;

  constructor(check: OneOffCheck, parts: CheckParts, tell: (event: CheckEvent) => void) {
    this.#check = check;
    this.#parts = parts;
    this.#tell = tell;
    this.#digest = checkDigest(check.definition.check);
    this.#shard = fnv1a(check.id) % SHARD_COUNT;
    this.#startedAt = parts.clock();
  }

  /** Resolves when every region has voted, time is over, or `signal` aborts. */
  async run(signal: AbortSignal): Promise<void> {
    const { timeoutMs } = this.#check.definition.check;
    const results = onBatch(this.#parts.bus, this.#shard, (agent, message) =>
      this.#receive(agent, message),
    );
    const timer = setTimeout(() => this.#done(), timeoutMs + SETTLE_MS);
    try {
      this.#tell(this.#started());
      const finished = new Promise<void>((resolve) => (this.#done = resolve));
      signal.addEventListener('abort', () => this.#done());
      for (const job of this.#jobs()) this.#send(job);
      if (!signal.aborted && !this.#isComplete) await finished;
      this.#close();
    } finally {
      clearTimeout(timer);
      results.unsubscribe();
    }
  }

  get #isComplete(): boolean {
    return this.#votes.size === this.#check.asked.length;
  }

  get #required(): number {
    const { members, definition } = this.#check;
    return requiredVotes(definition.policy.quorum, new Set(members.map(({ group }) => group)).size);
  }

  #started(): CheckEvent {
    const { id, definition, members } = this.#check;
    return {
      type: 'check.started',
      id,
      at: formatTimestamp(this.#startedAt),
      target: targetOf(definition.check),
      members: [...members],
      required: this.#required,
      timeoutMs: definition.check.timeoutMs,
    };
  }

  #jobs(): Job[] {
    const { id, definition, asked, secrets } = this.#check;
    return asked.map(({ region }) => ({
      v: 1,
      network: this.#parts.keyRings.ring.network,
      round: id,
      monitor: ONE_OFF,
      region,
      shard: this.#shard,
      phase: 'verify',
      issuedAt: formatTimestamp(this.#startedAt),
      expiresInMs: definition.check.timeoutMs,
      check: { digest: this.#digest, definition: definition.check },
      secrets,
    }));
  }

  #send(job: Job): void {
    if (sendJob(this.#parts.bus, job)) return;
    throw new TrustMonitorError('nats.unavailable', 'the broker is away: no agent can be asked');
  }

  #receive(agent: string, message: Uint8Array): void {
    // Most batches are not about this check, and looking is cheaper than verifying.
    if (!Buffer.from(message.buffer, message.byteOffset, message.length).includes(this.#check.id)) {
      return;
    }
    const arrivedAtMs = this.#parts.clock();
    const intake = takeIn(
      { agent, message, shard: this.#shard, arrivedAtMs },
      this.#parts.keyRings.ring,
    );
    if (!intake.accepted) return;
    for (const leaf of intake.opened.leaves) this.#take(leaf, intake.opened, arrivedAtMs);
    if (this.#isComplete) this.#done();
  }

  #take({ result }: OpenedLeaf, { batch }: OpenedBatch, arrivedAtMs: number): void {
    const { id, asked, definition } = this.#check;
    const { region, agent, attempt } = result;
    if (result.round !== id || result.monitor !== ONE_OFF || result.check !== this.#digest) return;
    if (!asked.some((member) => member.region === region)) return;
    if (this.#votes.has(region) || this.#heard.has(`${agent}/${attempt}`)) return;
    this.#heard.add(`${agent}/${attempt}`);
    // As in rounds: who has the time wrong cannot say when something was so.
    const clocks = [result.startedAt, batch.sealedAt].map(parseTimestamp);
    const fresh = clocks.every((at) => isFresh(at, this.#startedAt, arrivedAtMs));
    const vote = !result.final ? null : fresh ? result.outcome : 'abstain';
    if (vote !== null) {
      const slow = vote === 'up' && isSlow(result, definition.check);
      this.#votes.set(region, { region, agent, vote, slow });
    }
    this.#tell({ type: 'check.result', id, region, agent, vote, result });
  }

  #close(): void {
    const { id, members } = this.#check;
    for (const { region } of members) {
      if (!this.#votes.has(region)) this.#tell({ type: 'check.silent', id, region });
    }
    const votes = [...this.#votes.values()];
    const required = this.#required;
    const verdict = decideRound(members, votes, required, { final: true });
    const regions = (vote: string): string[] =>
      votes.filter((cast) => cast.vote === vote).map(({ region }) => region);
    this.#tell({
      type: 'check.verdict',
      id,
      at: formatTimestamp(this.#parts.clock()),
      verdict: verdict === 'pending' ? 'unknown' : verdict,
      required,
      up: regions('up'),
      down: regions('down'),
      abstained: members
        .map(({ region }) => region)
        .filter((region) => !['up', 'down'].includes(this.#votes.get(region)?.vote ?? '')),
    });
  }
}
