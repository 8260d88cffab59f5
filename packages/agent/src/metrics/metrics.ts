/** What the agent counts, for Prometheus. No monitor and no target is named. */
import type { Result } from '@trustmonitor/protocol';
import { Counter, Gauge, Registry, collectDefaultMetrics } from 'prom-client';

/** What is read when somebody asks. */
export interface AgentState {
  readonly queued: number;
  readonly probing: number;
  readonly spooledBatches: number;
  readonly spoolBytes: number;
  readonly loopDelayUs: number;
  /** Age of the oldest batch without a receipt; 0 without one. */
  readonly receiptLagMs: number;
  /** Leaves of the newest cosigned checkpoint that it knows; null where it is no witness. */
  readonly witnessSize: number | null;
}

/** Gauges that end like counters. Each has a twin, by type, without the ending. */
const MISNAMED = ['handles', 'requests', 'resources'].map((what) => `nodejs_active_${what}_total`);

export class AgentMetrics {
  readonly #registry = new Registry();
  readonly #probes: Counter<'outcome' | 'class'>;

  constructor(state: () => AgentState) {
    const registers = [this.#registry];
    collectDefaultMetrics({ register: this.#registry });
    for (const name of MISNAMED) this.#registry.removeSingleMetric(name);
    this.#probes = new Counter({
      name: 'trustmonitor_agent_probes_total',
      help: 'Attempts, by outcome and class of failure; the class of success is "none".',
      labelNames: ['outcome', 'class'],
      registers,
    });
    for (const { name, help, read } of GAUGES) {
      new Gauge({
        name: `trustmonitor_agent_${name}`,
        help,
        registers,
        collect() {
          const value = read(state());
          if (value === null) this.remove();
          else this.set(value);
        },
      });
    }
  }

  /** Each attempt of a job. */
  count(results: readonly Result[]): void {
    for (const { outcome, failure } of results) {
      this.#probes.inc({ outcome, class: failure?.class ?? 'none' });
    }
  }

  text(): Promise<string> {
    return this.#registry.metrics();
  }
}

interface Reading {
  readonly name: string;
  readonly help: string;
  readonly read: (state: AgentState) => number | null;
}

const GAUGES: readonly Reading[] = [
  { name: 'jobs_queued', help: 'Jobs that wait for a probe.', read: ({ queued }) => queued },
  { name: 'jobs_running', help: 'Jobs that are probed now.', read: ({ probing }) => probing },
  {
    name: 'spool_batches',
    help: 'Batches kept on disk until they have a receipt.',
    read: ({ spooledBatches }) => spooledBatches,
  },
  { name: 'spool_bytes', help: 'Size of the spool on disk.', read: ({ spoolBytes }) => spoolBytes },
  {
    name: 'loop_delay_seconds',
    help: 'Worst lateness of timers in the last one to two seconds.',
    read: ({ loopDelayUs }) => loopDelayUs / 1_000_000,
  },
  {
    name: 'receipt_lag_seconds',
    help: 'How long the oldest batch has waited for its receipt; 0 when none waits.',
    read: ({ receiptLagMs }) => receiptLagMs / 1_000,
  },
  {
    name: 'witness_size',
    help: 'Leaves of the newest cosigned checkpoint that it knows, where it witnesses a log.',
    read: ({ witnessSize }) => witnessSize,
  },
];
