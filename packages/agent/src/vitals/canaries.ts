/**
 * Canaries: places whose answer shows that this agent's own network works. They are asked when a
 * probe fails, before the failure is believed to be the target's.
 *
 * What the operator names (`TM_CANARIES`) should lie where the targets lie: on the way out of the
 * region, with different providers, by name if the agent's DNS is to be watched too.
 *
 * The default needs no outside network: the broker, which every agent must reach anyway.
 * - It tells: this machine has lost its network, or the process can open no more sockets.
 * - It cannot tell: whether there is a way from here to the internet, when the broker is reached
 *   another way (or is on this very machine); whether DNS works.
 * - A broker that is down is no sign of that: a refused connection is an answer of its host. The
 *   price is that a local firewall which *rejects* everything looks like an answer, too.
 */
import { get as httpGet } from 'node:http';
import { get as httpsGet } from 'node:https';
import { connect } from 'node:net';
import { bare, type CanaryTarget } from '../config.ts';

/** Null when the canary answered; else what was wrong, in words. Never rejects. */
export type Canary = (signal: AbortSignal) => Promise<string | null>;

export interface CanaryReport {
  readonly state: 'ok' | 'failed';
  /** What the failed ones said. */
  readonly detail: string;
}

interface Asked {
  readonly beganAt: number;
  readonly endedAt: number;
  readonly report: CanaryReport;
}

/** Times are by the same clock as `now`. */
export interface CanaryQuestion {
  /** When the probe began whose failure is in question; without it, now. */
  readonly probeBeganAt?: number | undefined;
  /** What they said before this counts for nothing; without it, it may be seconds old. */
  readonly since?: number | undefined;
}

export interface Canaries {
  /**
   * Whether more than half of the canaries answer, and, where they have lately not, did so when the
   * probe began: one that ran into the end of an outage of ours failed by it, whatever they say now.
   */
  ask(question?: CanaryQuestion): Promise<CanaryReport>;
}

const NATS_PORT = 4_222;

/** A live canary answers in milliseconds; a vote has seconds. */
const TIMEOUT_MS = 2_000;

/**
 * How long an answer counts. Long enough that a thousand failures at once ask once; shorter than
 * the confirmation of a failure (5 s by default), so that no two rounds rest on one answer.
 */
const CACHE_MS = 2_000;

/**
 * They are asked only when probes fail. Between a question that found them silent and the next one
 * that did not, the network counts as away for so long: what monitors ask by default comes as often.
 */
const SILENCE_COUNTS_MS = 30_000;

/** `now` is a monotonic clock in milliseconds. */
export function createCanaries(
  canaries: readonly Canary[],
  now: () => number = () => performance.now(),
): Canaries {
  let latest: Asked | null = null;
  /** The end of their latest silence: when they were heard again, and what they had said. */
  let back: { readonly at: number; readonly detail: string } | null = null;
  let asking: Promise<Asked> | null = null;

  async function askAll(): Promise<Asked> {
    const beganAt = now();
    const signal = AbortSignal.timeout(TIMEOUT_MS);
    const answers = await Promise.all(canaries.map((canary) => canary(signal)));
    const faults = answers.filter((answer) => answer !== null);
    const report: CanaryReport = {
      state: faults.length * 2 < answers.length ? 'ok' : 'failed',
      detail: faults.join('; '),
    };
    const asked = { beganAt, endedAt: now(), report };
    if (latest !== null && endsSilence(latest, asked)) {
      back = { at: asked.endedAt, detail: latest.report.detail };
    }
    latest = asked;
    asking = null;
    return asked;
  }

  async function recentReport(since: number): Promise<CanaryReport> {
    if (latest !== null && latest.beganAt >= since && now() - latest.endedAt < CACHE_MS) {
      return latest.report;
    }
    const asked = await (asking ??= askAll());
    if (asked.beganAt >= since) return asked.report;
    // What was under way began too early. All who wait share the next.
    return (await (asking ??= askAll())).report;
  }

  return {
    async ask({ probeBeganAt = now(), since = -Infinity } = {}) {
      const report = await recentReport(since);
      if (report.state === 'failed' || back === null || probeBeganAt >= back.at) return report;
      return { state: 'failed', detail: `not yet when the probe began: ${back.detail}` };
    },
  };
}

function endsSilence(before: Asked, asked: Asked): boolean {
  const wereSilent = before.report.state === 'failed' && asked.report.state === 'ok';
  return wereSilent && asked.beganAt - before.endedAt < SILENCE_COUNTS_MS;
}

/** What the operator named; without any, the broker. */
export function canariesOf(targets: readonly CanaryTarget[], brokerUrl: string): Canary[] {
  if (targets.length === 0) {
    return brokerUrl.split(',').map((url) => {
      const { hostname, port } = new URL(url.trim());
      return tcpCanary(bare(hostname), port === '' ? NATS_PORT : Number(port), true);
    });
  }
  return targets.map((target) =>
    target.kind === 'tcp' ? tcpCanary(target.host, target.port) : httpCanary(target.url),
  );
}

/** A TCP connection that opens; with `refusalCounts`, a host that refuses has answered too. */
export function tcpCanary(host: string, port: number, refusalCounts = false): Canary {
  const name = `tcp://${host}:${port}`;
  return (signal) =>
    new Promise((resolve) => {
      const socket = connect({ host, port, signal });
      const end = (fault: string | null) => {
        socket.destroy();
        resolve(fault);
      };
      socket.once('connect', () => end(null));
      socket.on('error', (error: NodeJS.ErrnoException) => {
        const refused = error.code === 'ECONNREFUSED';
        end(refused && refusalCounts ? null : `${name}: ${reasonOf(error, signal)}`);
      });
    });
}

/** Any HTTP answer, whatever its status: somebody out there speaks to us. */
export function httpCanary(url: string): Canary {
  const get = url.startsWith('https:') ? httpsGet : httpGet;
  return (signal) =>
    new Promise((resolve) => {
      // No shared agent: a connection that was kept open proves little about now.
      const request = get(url, { agent: false, signal }, (response) => {
        response.destroy();
        resolve(null);
      });
      request.on('error', (error) => resolve(`${url}: ${reasonOf(error, signal)}`));
    });
}

function reasonOf(error: NodeJS.ErrnoException, signal: AbortSignal): string {
  return signal.aborted ? 'no answer in time' : (error.code ?? error.message);
}
