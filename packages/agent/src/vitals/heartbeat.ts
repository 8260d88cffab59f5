/** A request to the coordinator every 2 s: says that we live, and measures its clock. */
import { requestBeat, type Bus } from '@trustmonitor/bus';
import { formatTimestamp, parseTimestamp, type Beat } from '@trustmonitor/protocol';
import type { Logger } from 'pino';
import type { AgentConfig } from '../config.ts';
import type { Drained } from '../jobs/drained.ts';
import type { Credential } from '../membership/credential.ts';
import type { NetworkClock } from './clock.ts';

export interface HeartbeatOptions {
  readonly bus: Bus;
  readonly config: Pick<AgentConfig, 'network' | 'agent' | 'region'>;
  readonly version: string;
  readonly clock: NetworkClock;
  /** What a beat says of our state. */
  readonly state: () => Pick<Beat, 'queued' | 'spooledBatches' | 'loopDelayUs'>;
  /** The broker's credential: what is said of it, and who takes a newer one. */
  readonly credential: Pick<Credential, 'claims' | 'take'>;
  /** Whether an operator lets us take no jobs: what is said of it, and who hears of it. */
  readonly drained: Pick<Drained, 'now' | 'tell'>;
  /** Called when a coordinator answers after none did. */
  readonly onCoordinatorBack: () => void;
  readonly log: Logger;
}

export interface Heartbeat {
  /** Resolves when the first beat has been answered or given up. */
  readonly first: Promise<void>;
  stop(): void;
}

const INTERVAL_MS = 2_000;
const TIMEOUT_MS = 1_500;
/** The skew is logged when it exceeds this, and again when it does no more. */
const SKEW_LIMIT_MS = 1_000;

export function startHeartbeat(options: HeartbeatOptions): Heartbeat {
  const startedAt = formatTimestamp(Date.now());
  const tell = reporter(options);

  async function beat(): Promise<void> {
    const sentAt = performance.now();
    try {
      const reply = await requestBeat(options.bus, compose(options, startedAt), TIMEOUT_MS);
      const receivedAt = performance.now();
      const { coordinator } = reply;
      options.clock.measured(sentAt, receivedAt, parseTimestamp(reply.receivedAt), coordinator);
      tell(true);
      options.drained.tell(reply.drained);
      if (reply.credential !== undefined) await options.credential.take(reply.credential);
    } catch {
      // No coordinator, no broker, or an answer that is none: all mean that nobody hears us.
      tell(false);
    }
  }

  const first = beat();
  const timer = setInterval(() => void beat(), INTERVAL_MS);
  return { first, stop: () => clearInterval(timer) };
}

function compose(options: HeartbeatOptions, startedAt: string): Beat {
  const { network, agent, region } = options.config;
  const { claims } = options.credential;
  return {
    v: 1,
    network,
    agent,
    region,
    version: options.version,
    sentAt: formatTimestamp(Date.now()),
    startedAt,
    skewMs: options.clock.skewMs(),
    ...options.state(),
    drained: options.drained.now,
    ...(claims === undefined ? {} : { credential: claims }),
  };
}

/** Turns answers into log lines and calls on each change only. */
function reporter({ clock, onCoordinatorBack, log }: HeartbeatOptions) {
  let heard: boolean | null = null;
  let skewed = false;
  return (answered: boolean): void => {
    if (answered !== heard) {
      if (answered) log.info('the coordinator answers');
      else log.warn('no coordinator answers heartbeats');
      if (answered && heard === false) onCoordinatorBack();
      heard = answered;
    }
    const skewMs = clock.skewMs() ?? 0;
    if (Math.abs(skewMs) > SKEW_LIMIT_MS !== skewed) {
      skewed = !skewed;
      if (skewed) log.warn({ skewMs }, 'this clock is off; deadlines are corrected for it');
      else log.info({ skewMs }, 'this clock agrees with the coordinator');
    }
  };
}
