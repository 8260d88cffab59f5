/** The course of one attempt: its deadline, its phases, and what it has seen so far. */
import type { Failure, Observation, Phases, Secrets } from '@trustmonitor/protocol';
import { type Answer, emptyAnswer } from './answer.ts';
import { Document } from './assertions/document.ts';
import { deadlineFailure, excerpt, ProbeFailure, type Stage } from './failure.ts';
import type { Attempt, ProbeContext } from './probe.ts';
import { redacted, withoutSecrets } from './secrets.ts';

const MAX_EXCERPT_CHARS = 512;

type Phase = Exclude<keyof Phases, 'totalUs'>;
type Begin<T> = (done: (value: T) => void, fail: (error: unknown) => void) => void;

/**
 * Everything is written down as it is seen, so that a failed attempt carries all it got to see.
 * One timer serves the whole attempt; what it means when it fires depends on the stage.
 */
export class Run {
  readonly context: ProbeContext;
  readonly phases: Phases = {
    resolveUs: null,
    connectUs: null,
    tlsUs: null,
    processingUs: null,
    transferUs: null,
    totalUs: 0,
  };
  readonly seen: Observation = emptyObservation();
  /** What assertions look at. */
  readonly answer: Answer = emptyAnswer();
  /** The same as text and as JSON: asked for once its content is there. */
  readonly document = new Document(this.answer);
  /** Content that the report may quote when the attempt fails. */
  quotable: Buffer | null = null;
  stage: Stage = 'resolve';

  /** Texts that no report may contain: the secrets, and what was made of them. */
  readonly sensitive: string[];

  private readonly startedAtMs = Date.now();
  private readonly startedAt = performance.now();
  private endedAt: number | null = null;
  private readonly timer: NodeJS.Timeout;
  private readonly waiting: ((failure: ProbeFailure) => void)[] = [];
  private stopped: ProbeFailure | null = null;
  private readonly closers: (() => void)[] = [];

  constructor(context: ProbeContext) {
    this.context = context;
    this.sensitive = Object.values(context.secrets ?? {});
    const remainingMs = context.deadlineAt - this.startedAt;
    // A busy process comes late to timers and sockets alike, and timers go first: what has
    // arrived in time is looked at before the target is called silent.
    const onDeadline = () => setImmediate(() => this.stop(deadlineFailure(this.stage)));
    this.timer = setTimeout(onDeadline, Math.max(0, remainingMs));
    runsOf(context.signal).add(this);
    if (context.signal.aborted) this.abort();
    else if (remainingMs <= 0) {
      this.stopped = new ProbeFailure('job_expired', 'the deadline had passed before the attempt');
    }
  }

  /**
   * Waits for one thing under the attempt's deadline. Whatever `begin` starts is also
   * registered with `onClose`, and ended there when the deadline comes first.
   */
  step<T>(stage: Stage, begin: Begin<T>): Promise<T> {
    this.stage = stage;
    return new Promise<T>((resolve, reject) => {
      if (this.stopped !== null) {
        reject(this.stopped);
        return;
      }
      this.waiting.push(reject);
      begin(resolve, reject);
    });
  }

  /** `close` is called at the end of the attempt, however it ends; the last one first. */
  onClose(close: () => void): void {
    this.closers.push(close);
  }

  /** Adds the time since `from` to a phase (redirects repeat phases). Returns the time now. */
  mark(phase: Phase, from: number): number {
    const now = performance.now();
    this.phases[phase] = (this.phases[phase] ?? 0) + toMicros(now - from);
    return now;
  }

  remainingMs(): number {
    return this.context.deadlineAt - performance.now();
  }

  get secrets(): Secrets {
    return this.context.secrets ?? {};
  }

  /** Releases everything and stops the clock: judging an answer is not the target's time. */
  close(): void {
    this.endedAt ??= performance.now();
    clearTimeout(this.timer);
    runsOf(this.context.signal).delete(this);
    while (this.closers.length > 0) this.closers.pop()?.();
  }

  /** Of the whole attempt so far, or at its end. */
  elapsedUs(): number {
    return toMicros((this.endedAt ?? performance.now()) - this.startedAt);
  }

  report(failure: Failure | null): Attempt {
    this.phases.totalUs = this.elapsedUs();
    if (failure !== null && this.quotable !== null) {
      // Cleaned before it is cut: half a secret would not be recognised.
      const text = withoutSecrets(this.quotable.toString('utf8'), this.sensitive);
      this.seen.bodyExcerpt = excerpt(text, MAX_EXCERPT_CHARS);
    }
    const response =
      this.seen.address === null && this.seen.addresses.length === 0 ? null : this.seen;
    return redacted(
      {
        startedAtMs: this.startedAtMs,
        durationMs: Math.round(this.phases.totalUs / 1_000),
        phases: this.phases,
        outcome: outcomeOf(failure),
        failure,
        response,
      },
      this.sensitive,
    );
  }

  /** The agent stops. */
  abort(): void {
    this.stop(new ProbeFailure('job_expired', 'the agent stopped during the attempt'));
  }

  private stop(failure: ProbeFailure): void {
    this.stopped = failure;
    for (const reject of this.waiting) reject(failure);
  }
}

/** An agent's attempts share one signal: one listener serves all of them. */
const runs = new WeakMap<AbortSignal, Set<Run>>();

function runsOf(signal: AbortSignal): Set<Run> {
  const known = runs.get(signal);
  if (known !== undefined) return known;
  const made = new Set<Run>();
  runs.set(signal, made);
  signal.addEventListener('abort', () => {
    for (const run of made) run.abort();
  });
  return made;
}

/** Only what is the target's fault, or its resolver's, says that it is down. */
function outcomeOf(failure: Failure | null): Attempt['outcome'] {
  if (failure === null) return 'up';
  return failure.attribution === 'target' || failure.attribution === 'resolver'
    ? 'down'
    : 'abstain';
}

function toMicros(ms: number): number {
  return Math.max(0, Math.round(ms * 1_000));
}

function emptyObservation(): Observation {
  return {
    address: null,
    addresses: [],
    family: null,
    httpVersion: null,
    status: null,
    headers: {},
    bodyBytes: null,
    bodySha256: null,
    redirects: [],
    certificates: [],
    tlsVersion: null,
    tlsCipher: null,
    tlsVerified: null,
    dns: null,
    icmp: null,
    failedAssertions: [],
  };
}
