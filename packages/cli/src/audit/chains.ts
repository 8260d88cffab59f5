/** The chains that run through the log: key rings, batches by agent, records by incident. */
import type { Batch, IncidentPredicate, UptimePredicate } from '@trustmonitor/protocol';
import type { Findings } from './report.ts';

/** An agent never has as many on their way: what they wait for is gone. Bounds memory. */
const MOST_AHEAD = 1_024;

interface BatchHead {
  seq: number;
  /** Null before the first, and behind one that is gone. */
  digest: string | null;
  /** Batches that are in the log and not served any more: any numbers could be theirs. */
  gone: number;
  /** Batches that overtook earlier ones on their way here, by number. */
  readonly ahead: Map<number, { readonly prev: string | null; readonly digest: string }>;
}

/**
 * Each agent's batches, by number from 1, each naming the one before. An agent has several on
 * their way at once, so neighbours may stand in the log in another order; none may be missing.
 * Where some are gone, as many numbers must be free as there are leaves without a batch.
 */
export class BatchChains {
  readonly #findings: Findings;
  readonly #heads = new Map<string, BatchHead>();
  #count = 0;

  constructor(findings: Findings) {
    this.#findings = findings;
  }

  add(index: number, digest: string, { agent, seq, prev }: Batch): void {
    this.#count += 1;
    const head = this.#headOf(agent);
    if (seq <= head.seq || head.ahead.has(seq)) {
      this.#fault(`leaf ${index}: a second batch ${seq} of ${agent} (a fork)`);
      return;
    }
    head.ahead.set(seq, { prev, digest });
    this.#advance(agent, head);
    if (head.ahead.size > MOST_AHEAD) this.#passGap(agent, head);
  }

  /** A batch of the agent is in the log, and what it says is not known any more. */
  addGone(agent: string): void {
    this.#count += 1;
    this.#headOf(agent).gone += 1;
  }

  finish(): void {
    for (const [agent, head] of this.#heads) this.#close(agent, head);
    this.#findings.done('batch.chain', `${this.#count} batches of ${this.#heads.size} agents`);
  }

  #close(agent: string, head: BatchHead): void {
    while (head.ahead.size > 0) {
      if (this.#passGap(agent, head)) continue;
      const next = Math.min(...head.ahead.keys());
      const { seq } = head;
      const missing = next - seq === 2 ? `batch ${seq + 1}` : `batches ${seq + 1} to ${next - 1}`;
      this.#fault(`${missing} of ${agent} missing, and batch ${next} is there`);
      return;
    }
  }

  /** Goes on behind the gap before the lowest that waits, if gone batches account for it. */
  #passGap(agent: string, head: BatchHead): boolean {
    const next = Math.min(...head.ahead.keys());
    const width = next - 1 - head.seq;
    if (width > head.gone) return false;
    head.gone -= width;
    head.seq = next - 1;
    head.digest = null;
    this.#advance(agent, head);
    return true;
  }

  #headOf(agent: string): BatchHead {
    const head = this.#heads.get(agent) ?? { seq: 0, digest: null, gone: 0, ahead: new Map() };
    this.#heads.set(agent, head);
    return head;
  }

  #advance(agent: string, head: BatchHead): void {
    for (;;) {
      const next = head.ahead.get(head.seq + 1);
      if (next === undefined) return;
      head.ahead.delete(head.seq + 1);
      const isBehindGone = head.digest === null && head.seq > 0;
      if (!isBehindGone && next.prev !== head.digest) {
        this.#fault(`batch ${head.seq + 1} of ${agent} does not follow from batch ${head.seq}`);
      }
      head.seq += 1;
      head.digest = next.digest;
    }
  }

  #fault(detail: string): void {
    this.#findings.fault('batch.chain', detail);
  }
}

type Step = IncidentPredicate['step'];

/** Which step may follow; after `resolve` only corrections come. */
const AFTER: Readonly<Record<'nothing' | 'open' | 'resolved', readonly Step[]>> = {
  nothing: ['open'],
  open: ['update', 'resolve', 'amend'],
  resolved: ['amend'],
};

/** An incident as far as the log has told of it. */
interface IncidentHead {
  readonly monitor: string;
  readonly openedAt: string;
  /** Null while it is open. */
  readonly resolvedAt: string | null;
  /** Of its newest record. */
  readonly digest: string;
}

/** Each incident's records, in the order of the log, and the reports that have to name them. */
export class IncidentChains {
  readonly #findings: Findings;
  readonly #heads = new Map<string, IncidentHead>();
  #count = 0;
  #reports = 0;

  constructor(findings: Findings) {
    this.#findings = findings;
  }

  add(index: number, digest: string, predicate: IncidentPredicate): void {
    const { incident, step, previous, monitor, openedAt, resolvedAt } = predicate;
    this.#count += 1;
    const head = this.#heads.get(incident);
    const before = head === undefined ? 'nothing' : head.resolvedAt !== null ? 'resolved' : 'open';
    if (previous !== (head?.digest ?? null)) {
      this.#fault(
        index,
        previous === null
          ? `a second beginning of incident ${incident}`
          : `the ${step} record of incident ${incident} follows one that is not before it in the log`,
      );
    } else if (!AFTER[before].includes(step)) {
      this.#fault(index, `the ${step} record of incident ${incident} comes after ${before}`);
    }
    this.#heads.set(incident, { monitor, openedAt, resolvedAt, digest });
  }

  /**
   * A report has to name every incident of its monitor and period that the log has told of before
   * it, by its newest record: the coordinator appends nothing between reading and reporting.
   */
  addReport(index: number, { monitor, from, to, incidents }: UptimePredicate): void {
    this.#reports += 1;
    const newest = new Map(incidents.map((named) => [named.incident, named.records.at(-1)]));
    for (const [incident, head] of this.#heads) {
      const isWithin = head.openedAt < to && (head.resolvedAt === null || head.resolvedAt > from);
      if (head.monitor !== monitor || !isWithin || newest.get(incident) === head.digest) continue;
      this.#findings.fault(
        'report.complete',
        newest.has(incident)
          ? `leaf ${index}: the report names incident ${incident} without its newest record`
          : `leaf ${index}: the report leaves out incident ${incident} of ${monitor}`,
      );
    }
  }

  finish(): void {
    const detail = `${this.#count} records of ${this.#heads.size} incidents`;
    this.#findings.done('incident.chain', detail);
    const reports = this.#reports === 1 ? '1 report' : `${this.#reports} reports`;
    this.#findings.done('report.complete', `${reports}, each with all incidents logged before it`);
  }

  #fault(index: number, detail: string): void {
    this.#findings.fault('incident.chain', `leaf ${index}: ${detail}`);
  }
}

/** The verified key ring versions have to stand in the log, each once, in order. */
export class LoggedRings {
  readonly #findings: Findings;
  /** Digests of the versions, from 1 on. */
  readonly #digests: readonly string[];
  #logged = 0;

  constructor(findings: Findings, digests: readonly string[]) {
    this.#findings = findings;
    this.#digests = digests;
  }

  add(index: number, digest: string): void {
    const version = this.#digests.indexOf(digest) + 1;
    if (version === 0) {
      this.#fault(`leaf ${index}: a key ring that the network does not publish`);
    } else if (version !== this.#logged + 1) {
      this.#fault(`leaf ${index}: version ${version} where ${this.#logged + 1} is next`);
    }
    this.#logged = Math.max(this.#logged, version);
  }

  finish(): void {
    if (this.#logged < this.#digests.length) {
      this.#fault(`version ${this.#logged + 1} is published and not logged`);
    }
    this.#findings.done('keyring.logged', `versions 1 to ${this.#digests.length}`);
  }

  #fault(detail: string): void {
    this.#findings.fault('keyring.logged', detail);
  }
}
