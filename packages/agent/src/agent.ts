/**
 * The agent, in the order of its data: job -> probe -> results -> batch -> spool -> report.
 *
 * This file is the table of contents. Each stage is a folder beside it that knows nothing of the
 * others' insides; they are wired here and nowhere else.
 */
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { createGuard, runCheck } from '@trustmonitor/probes';
import type { Result } from '@trustmonitor/protocol';
import { openTracing, type Tracing } from '@trustmonitor/tracing';
import type { Logger } from 'pino';
import { Attest } from './attest/attest.ts';
import type { AgentConfig } from './config.ts';
import { lockDataDirectory } from './data-directory.ts';
import { ensureKeys, type AgentIdentity, type AgentKeys } from './identity.ts';
import type { AdmittedJob } from './jobs/admit.ts';
import { Drained } from './jobs/drained.ts';
import { takeJobs } from './jobs/jobs.ts';
import { createQueue } from './jobs/queue.ts';
import { connectLink, type Link } from './link.ts';
import { Credential } from './membership/credential.ts';
import { AgentMetrics } from './metrics/metrics.ts';
import { serveMetrics } from './metrics/serve.ts';
import { Report } from './report/report.ts';
import { logResults, namesOf } from './run/log.ts';
import { abstention } from './run/results.ts';
import { createRunner, type CheckRunner } from './run/run.ts';
import { Spool } from './spool/spool.ts';
import { AGENT_VERSION } from './version.ts';
import { canariesOf, createCanaries } from './vitals/canaries.ts';
import { createNetworkClock } from './vitals/clock.ts';
import { startHeartbeat } from './vitals/heartbeat.ts';
import { watchLoopDelay, type LoopDelay } from './vitals/loop-delay.ts';
import { createVitals } from './vitals/vitals.ts';
import { logLeafHashOf } from './witness/leaf.ts';
import { startWitness, type RunningWitness } from './witness/start.ts';

export interface RunningAgent {
  readonly identity: AgentIdentity;
  /**
   * Takes no more jobs, lets probes end, seals what they saw and tries to deliver it. What has no
   * receipt by then stays in the spool for the next start. Safe to call again.
   */
  stop(): Promise<void>;
}

/** What an agent may be given otherwise than it has it. */
export interface AgentOptions {
  /** Probes; a benchmark of what comes behind them gives one that costs nothing. */
  readonly runCheck?: CheckRunner;
}

/** How long probes may take to end once the agent stops; the others are abandoned. */
const PROBE_GRACE_MS = 3_000;
/** How long to wait for the last receipts. */
const DRAIN_MS = 2_000;

/**
 * Starts an agent; it takes jobs when this resolves. Waits for the broker as long as it takes.
 *
 * Throws `data.unwritable`, `key.invalid`, or `nats.unavailable` when the broker refuses the key.
 */
export async function startAgent(
  config: AgentConfig,
  log: Logger,
  options: AgentOptions = {},
): Promise<RunningAgent> {
  const { agent, region, dataDirectory } = config;
  const keys = await ensureKeys(dataDirectory);
  log.info({ agent, region, ...keys.identity }, 'agent starts');
  const unlock = await lockDataDirectory(dataDirectory);
  try {
    const spool = await Spool.open(join(dataDirectory, 'spool'), config.spoolMaxBytes, log);
    const credential = await Credential.open({ ...config, keys, log });
    const link = await connectLink({
      url: config.natsUrl,
      client: agent,
      seed: keys.nkeySeed,
      credential: () => credential.text,
      log,
    });
    const tracing = await openTracing({
      url: config.tracesUrl,
      service: 'trustmonitor-agent',
      version: AGENT_VERSION,
      attributes: { 'trustmonitor.network': config.network, 'service.instance.id': agent },
      log,
    });
    const probes = { runCheck, ...options };
    const stop = await assemble({ config, keys, spool, credential, link, tracing, log, probes });
    let stopped: Promise<void> | null = null;
    // Once only: a second release of the folder could be of a lock that is another agent's.
    return { identity: keys.identity, stop: () => (stopped ??= stop().finally(unlock)) };
  } catch (error) {
    await unlock();
    throw error;
  }
}

/** What every stage is made from. */
interface Parts {
  readonly config: AgentConfig;
  readonly keys: AgentKeys;
  readonly spool: Spool;
  readonly credential: Credential;
  readonly link: Link;
  readonly tracing: Tracing;
  readonly log: Logger;
  readonly probes: Required<AgentOptions>;
}

/** Wires the stages and opens the tap; the function it returns closes it, in order of the data. */
async function assemble(parts: Parts): Promise<() => Promise<void>> {
  const { config, credential, link, log } = parts;
  const { network, region } = config;
  const { bus } = link;
  const clock = createNetworkClock();
  const loopDelay = watchLoopDelay();

  const witness = await assembleWitness(parts);
  const { attest, report } = assembleReporting(parts, witness);
  const metrics = new AgentMetrics(() => ({
    queued: queue.waiting,
    probing: queue.running,
    spooledBatches: report.waiting,
    spoolBytes: parts.spool.bytes,
    loopDelayUs: loopDelay.worstUs(),
    receiptLagMs: report.lagMs,
    witnessSize: witness === null ? null : (witness.seen.newest?.size ?? 0),
  }));
  const metricsServer =
    config.metricsAddress === null ? null : await serveMetrics(metrics, config.metricsAddress, log);
  const onResults = (job: AdmittedJob, results: readonly Result[]): void => {
    metrics.count(results);
    logResults(log, job, results);
    attest.add(job, results);
  };
  const { queue, runner, abstain } = assembleProbing(parts, onResults, loopDelay);
  const drained = new Drained(log);
  const heartbeat = startHeartbeat({
    bus,
    config,
    version: AGENT_VERSION,
    clock,
    state: () => ({
      queued: queue.waiting,
      spooledBatches: report.waiting,
      loopDelayUs: loopDelay.worstUs(),
    }),
    credential,
    drained,
    onCoordinatorBack: () => report.resend(),
    log,
  });
  credential.start(() => void link.renew());
  // Without the coordinator's time the first jobs would be judged by a clock that may be off.
  await heartbeat.first;
  const canReport = () => !attest.blocked;
  const jobs = takeJobs({ bus, network, region, clock, queue, canReport, abstain, drained, log });
  // Ready is when the broker knows; one that is lost just now will be told when it is back.
  await bus.flush().catch(() => undefined);

  return async () => {
    jobs.stop();
    queue.close();
    await Promise.race([queue.idle(), sleep(PROBE_GRACE_MS, undefined, { ref: false })]);
    runner.abandon();
    await queue.idle();
    await attest.close();
    await report.drained(DRAIN_MS);
    heartbeat.stop();
    credential.stop();
    report.stop();
    await witness?.stop();
    await metricsServer?.close();
    loopDelay.stop();
    await bus.close();
    await parts.tracing.close();
    log.info({ spooledBatches: report.waiting }, 'agent stopped');
  };
}

/** checkpoint -> judgement -> cosignature; null where the network has no log. */
async function assembleWitness({ config, keys, link, log }: Parts): Promise<RunningWitness | null> {
  const { network, agent, dataDirectory, logKey, witnessAddress } = config;
  if (logKey === null) return null;
  const { bus } = link;
  return startWitness({
    bus,
    network,
    agent,
    dataDirectory,
    signer: keys.witnessSigner,
    logKey,
    httpAddress: witnessAddress,
    log,
  });
}

/** results -> batch -> spool -> report */
function assembleReporting(
  { config, keys, spool, link, log }: Parts,
  witness: RunningWitness | null,
) {
  const { network, agent } = config;
  const report = new Report({
    bus: link.bus,
    agent,
    spool,
    onCommitted:
      witness === null
        ? null
        : (batch, message) =>
            witness.witness.owe(batch.digest, logLeafHashOf(message, keys.voteSigner.publicKey)),
    log,
  });
  link.onBack(() => report.resend());
  const attest = new Attest({
    network,
    agent,
    signer: keys.voteSigner,
    keeper: spool,
    seen: () => witness?.seen.newest ?? null,
    inBacklog: (shard) => report.inBacklog(shard),
    onKept: (batches) => report.add(batches),
    log,
  });
  return { report, attest };
}

/** job -> queue -> probe -> results */
function assembleProbing(
  { config, tracing, log, probes: { runCheck } }: Parts,
  onResults: (job: AdmittedJob, results: readonly Result[]) => void,
  loopDelay: LoopDelay,
) {
  const { network, agent, region, concurrency } = config;
  const reporter = { network, agent, region };
  const guard = createGuard({ allow: config.allowTargets });
  const vitals = createVitals({
    canaries: createCanaries(canariesOf(config.canaries, config.natsUrl)),
    loopDelay,
    loopDelayLimitMs: config.loopDelayLimitMs,
    queued: () => queue.waiting,
  });
  const runner = createRunner({ runCheck, guard, vitals, reporter, tracing });
  const queue = createQueue<AdmittedJob>(
    { concurrency, capacity: concurrency },
    async (job) => onResults(job, await runner.run(job)),
    (job, error) => log.error({ err: error, ...namesOf(job) }, 'a job failed by our own fault'),
  );
  const abstain = (job: AdmittedJob): void => {
    const fitness = vitals.overloaded(`${queue.waiting} jobs wait already`);
    onResults(job, [abstention(job, fitness, reporter)]);
  };
  return { queue, runner, abstain };
}
