/** The one function type of this package, and what goes into it and comes out. */
import type {
  CheckDefinition,
  Failure,
  Observation,
  Phases,
  Secrets,
  Vote,
} from '@trustmonitor/protocol';
import type { Guard } from './guard.ts';

export interface ProbeContext {
  /** `performance.now()` milliseconds; covers all attempts. */
  readonly deadlineAt: number;
  /** Aborted when the agent stops: the attempt ends at once, as an abstention. */
  readonly signal: AbortSignal;
  /** Decides which addresses this agent may touch. */
  readonly guard: Guard;
  readonly resolver?: ResolverSettings;
  /** W3C trace context to send along, where the check wants it. */
  readonly traceparent?: string;
  /** What the agent calls itself to targets; owners tell regions apart by it. */
  readonly userAgent?: string;
  /** Values for the definition's `secretRef`s. They never appear in an attempt. */
  readonly secrets?: Secrets;
}

export interface ResolverSettings {
  /** Name servers, `address` or `address:port`; without them those of the system. */
  readonly servers?: readonly string[];
  /** Default `/etc/hosts`; null for none. */
  readonly hostsFile?: string | null;
}

/** What one attempt saw. `outcome` is a vote only when the attempt is the job's last. */
export interface Attempt {
  readonly startedAtMs: number;
  readonly durationMs: number;
  readonly phases: Phases;
  /** `abstain` when the failure is not the target's or its resolver's. */
  readonly outcome: Vote;
  readonly failure: Failure | null;
  /** As far as the attempt got; null when it did not even get an address. */
  readonly response: Observation | null;
}

/**
 * Probes once, over a fresh connection. Never throws: whatever the target does is a failure of
 * the attempt, and a fault of our own is the failure `internal_error`, which abstains.
 */
export type Probe<C extends CheckDefinition> = (
  check: C,
  context: ProbeContext,
) => Promise<Attempt>;
