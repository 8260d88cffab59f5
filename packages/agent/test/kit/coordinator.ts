/** The coordinator's side of the wire, as far as an agent sees it: beats, jobs, receipts. */
import {
  connectBus,
  createNkeySeed,
  onBatch,
  onBeat,
  publicNkey,
  sendJob,
  sendReceipt,
  type Bus,
} from '@trustmonitor/bus';
import { openBatch, publicKeyOf, type OpenedBatch, type TrustedKey } from '@trustmonitor/evidence';
import { nodeVerifier } from '@trustmonitor/evidence/node';
import {
  coordinatorPermissions,
  formatTimestamp,
  type Beat,
  type Job,
  type Receipt,
  type Result,
} from '@trustmonitor/protocol';
import type { NatsUser } from '@trustmonitor/servers';
import type { AgentIdentity } from '../../src/index.ts';

/** What to answer a batch with; null for silence. */
export type ReceiptPolicy = (batch: OpenedBatch) => Receipt['status'] | null;

const NAME = 'coordinator-1';

export class TestCoordinator {
  readonly #seed = createNkeySeed();
  readonly #keys = new Map<string, TrustedKey>();
  #bus: Bus | null = null;

  /** Every delivery of every batch, in order of arrival; each is proved before it is here. */
  readonly deliveries: OpenedBatch[] = [];
  readonly beats: Beat[] = [];
  readonly subjects: number[] = [];
  policy: ReceiptPolicy = () => 'committed';
  /** How far this coordinator's clock is ahead of the machine's. */
  clockAheadMs = 0;

  /** Who is told to take no jobs. */
  readonly drained = new Set<string>();

  readonly network: string;

  constructor(network: string) {
    this.network = network;
  }

  get user(): NatsUser {
    return { nkey: publicNkey(this.#seed), ...coordinatorPermissions(NAME) };
  }

  get connected(): boolean {
    return this.#bus?.connected ?? false;
  }

  enrol(agent: string, region: string, { voteKey }: AgentIdentity): void {
    this.#keys.set(voteKey.kid, {
      ...voteKey,
      role: 'agent-vote',
      agent,
      region,
      group: region,
      operator: null,
      validFor: { start: '2020-01-01T00:00:00.000Z', end: null },
      revokedAtLogSize: null,
      publicKey: publicKeyOf(voteKey),
    });
  }

  async start(url: string): Promise<void> {
    const bus = await connectBus({ url, client: NAME, seed: this.#seed });
    this.#bus = bus;
    onBeat(bus, (beat) => this.#beat(beat), fail);
    onBatch(bus, '*', (agent, message) => this.#take(agent, message));
    await bus.flush();
  }

  async stop(): Promise<void> {
    await this.#bus?.close();
    this.#bus = null;
  }

  /** The clock that jobs and beats are stamped with. */
  now(): number {
    return Date.now() + this.clockAheadMs;
  }

  send(job: Job): void {
    if (this.#bus === null || !sendJob(this.#bus, job)) throw new Error('job not sent');
  }

  receipt(batch: OpenedBatch, status: Receipt['status']): void {
    if (this.#bus === null) return;
    const { agent, seq } = batch.batch;
    const reason = status === 'refused' ? 'batch.invalid: a test says so' : '';
    sendReceipt(this.#bus, { v: 1, agent, seq, batch: batch.digest, status, reason });
  }

  /** What has arrived, each batch once, in order of its number. */
  get batches(): OpenedBatch[] {
    const byDigest = new Map(this.deliveries.map((batch) => [batch.digest, batch]));
    return [...byDigest.values()].toSorted((a, b) => a.batch.seq - b.batch.seq);
  }

  get results(): Result[] {
    return this.batches.flatMap(({ leaves }) => leaves.map(({ result }) => result));
  }

  resultsOf(round: string): Result[] {
    return this.results.filter((result) => result.round === round);
  }

  #beat(beat: Beat) {
    this.beats.push(beat);
    const drained = this.drained.has(beat.agent);
    return { v: 1 as const, receivedAt: formatTimestamp(this.now()), drained };
  }

  #take(agent: string, message: Uint8Array): void {
    const keys = { network: this.network, key: (kid: string) => this.#keys.get(kid) };
    const batch = openBatch(message, keys, nodeVerifier);
    if (batch.batch.agent !== agent) throw new Error(`${agent} sent a batch of another agent`);
    this.deliveries.push(batch);
    const status = this.policy(batch);
    if (status !== null) this.receipt(batch, status);
  }
}

function fail(subject: string, error: Error): never {
  throw new Error(`malformed message on ${subject}`, { cause: error });
}
