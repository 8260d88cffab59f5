/** The coordinator, put together: read it from top to bottom as the way of the data. */
import { hostname } from 'node:os';
import { openTracing } from '@trustmonitor/tracing';
import type { Logger } from 'pino';
import { AgentRoster } from './agents.ts';
import { AlertRouter } from './alerts/router.ts';
import { createApi } from './api/app.ts';
import { createClock } from './clock.ts';
import { Closing } from './closing.ts';
import type { CoordinatorConfig } from './config.ts';
import { DrainKeeper } from './drains/keeper.ts';
import { openDecisionLoop } from './decision-loop.ts';
import { layFoundations, type Foundations } from './foundations.ts';
import { Duties, type Duty } from './lease/duties.ts';
import { GateStats } from './gate/stats.ts';
import type { LeaseTimes } from './lease/keeper.ts';
import { linksOf } from './links.ts';
import { listen } from './listen.ts';
import { Checkpointer, type CheckpointerParts } from './log/checkpointer.ts';
import { MaintenancePlanner, type PlannerParts } from './maintenance/planner.ts';
import { Metrics } from './metrics/metrics.ts';
import { NewestResults } from './metrics/newest-results.ts';
import { SloGauges } from './metrics/slo-gauges.ts';
import { Courier } from './notify/courier.ts';
import { PartitionKeeper } from './partition-keeper.ts';
import { Listening } from './push/listening.ts';
import { PushVoter, type PushVoterParts } from './push/voter.ts';
import { Roller } from './rollup/roller.ts';
import { RoundTracer } from './traces/round-tracer.ts';
import { TrustKeeper } from './trust/keeper.ts';
import { COORDINATOR_VERSION } from './version.ts';
import { whyIdle, type DecidingParts } from './whether-deciding.ts';
import { DeadMan } from './dead-man.ts';
import { NoticeWatch, type NoticeWatchParts } from './notices/watch.ts';
import { SelfWatch } from './self-watch.ts';
import { SloWatch } from './slo/watch.ts';
import { selectAgentStatuses } from './store/agents.ts';

export interface RunningCoordinator {
  /** Where the API listens. */
  readonly url: string;
  /** Finishes the decision under way, gives its shards to others, closes everything. */
  stop(): Promise<void>;
}

export interface CoordinatorOptions {
  /** How long a lease lasts and how often it is renewed. */
  readonly leaseTimes?: LeaseTimes;
  /** When a statement is given up. */
  readonly statementTimeoutMs?: number;
}

/** Starts everything or nothing. */
export async function startCoordinator(
  config: CoordinatorConfig,
  log: Logger,
  options: CoordinatorOptions = {},
): Promise<RunningCoordinator> {
  const closing = new Closing();
  try {
    const url = await start(config, log, closing, options);
    return { url, stop: () => closing.close() };
  } catch (error) {
    await closing.close().catch((later: unknown) => log.warn({ err: later }, 'not closed cleanly'));
    throw error;
  }
}

/** Agents hear with each beat whether they are drained. */
async function openRoster(
  { credentials, bus, me }: Foundations,
  common: Pick<
    ConstructorParameters<typeof AgentRoster>[1],
    'database' | 'keyRings' | 'clock' | 'log'
  >,
  closing: Closing,
): Promise<{ readonly roster: AgentRoster; readonly drains: DrainKeeper }> {
  const drains = new DrainKeeper(common);
  await drains.start();
  closing.add(() => drains.stop());
  const parts = { ...common, credentials, drains, coordinator: me.id };
  const roster = new AgentRoster(await selectAgentStatuses(common.database), parts);
  roster.start(bus);
  closing.add(() => roster.stop());
  return { roster, drains };
}

async function start(
  config: CoordinatorConfig,
  log: Logger,
  closing: Closing,
  { leaseTimes, statementTimeoutMs }: CoordinatorOptions,
): Promise<string> {
  const clock = createClock();
  const foundations = await layFoundations(config, clock, log, closing, statementTimeoutMs);
  const { database, keyRings, secretBox, bus } = foundations;
  const common = { database, keyRings, clock, log };

  // Who is alive, and who is taken out for planned work.
  const { roster, drains } = await openRoster(foundations, common, closing);

  // Announce: from the outbox to people.
  const courier = new Courier({ database, secretBox, log });
  courier.start();
  closing.add(() => courier.stop());

  // Who can be believed.
  const onTold = (): void => courier.wake();
  const trust = new TrustKeeper({ ...common, apiUrl: config.publicUrl, onTold });
  trust.start();
  closing.add(() => trust.stop());

  // The coordinator's own votes, on jobs that report in.
  const { network, databaseUrl, publicUrl: apiUrl } = config;
  const push = await openPush(foundations, { clock, log, network }, closing, (batch) =>
    loop.cycle.offer(batch),
  );

  // What exists once among all coordinators: partitions, rollups, the log's heads, alerts, gaps, ...
  const router = new AlertRouter({ ...common, apiUrl, onTold });
  const duties = new Duties(
    [
      new PartitionKeeper({ ...common, retention: config.retention }),
      new Roller({ ...common, retention: config.retention }),
      ...checkpointerOf(foundations, { clock, log, witnessUrls: config.witnessUrls }),
      ...(push === null ? [] : [push]),
      router,
      plannerOf(foundations, { clock, log, network }),
      ...watchesOf(foundations, { ...common, apiUrl, onTold }, closing),
    ],
    log,
  );

  const tracer = await openTracer(config, log, closing);
  const newest = new NewestResults(config.metrics.monitors);

  // Schedule, dispatch, intake, decide, record: the loop, over the shards that are held.
  const loop = openDecisionLoop(
    foundations,
    {
      ...{ clock, log, push, duties, drains, network, databaseUrl, leaseTimes },
      links: linksOf(config),
      onAlert: () => router.wake(),
      onCommitted: ({ results }) => newest.note(results, clock()),
      onDecided: (decisions) => tracer.observe(decisions, clock()),
      onSeen: (seen) => trust.observe(seen),
    },
    closing,
  );
  await loop.start();

  // Somebody outside hears that it decides, for when nobody here can tell any more.
  startDeadMan(config.deadMan, { loop, bus, database }, log, closing);

  // What it has done and seen, in numbers.
  const { cycle, monitors, quarantine, brake, anomalies } = loop;
  const gateStats = new GateStats();
  const metrics = new Metrics({
    slos: new SloGauges({ ...common, limit: config.metrics.monitors }),
    ...{ ...common, gateStats, courier, roster, monitors, newest, leases: loop, quarantine, brake },
    ...{ anomalies, drains },
    ...{ stats: cycle.stats, isLogged: foundations.transparency !== null },
    limit: config.metrics.monitors,
  });

  // The API, last: who asks finds everything there.
  const settings = config;
  const api = await createApi({
    ...{ ...foundations, settings, cycle, leases: loop, roster, metrics, gateStats, clock, log },
    ...{ anomalies, drains },
  });
  closing.add(() => api.close());
  const url = await listen(api, config.httpHost, config.httpPort);
  log.info({ url }, 'ready');
  return url;
}

/** Who looks for what people are to be told of, beside incidents. */
function watchesOf(
  { me: { name }, bus, secretBox }: Foundations,
  common: Omit<NoticeWatchParts, 'name' | 'bus' | 'secretBox'>,
  closing: Closing,
): Duty[] {
  const parts = { ...common, name, bus, secretBox };
  const notices = new NoticeWatch(parts);
  closing.add(() => notices.close());
  return [new SelfWatch(parts), notices, new SloWatch(parts)];
}

/** Where rounds spend their time, for whoever collects traces. */
async function openTracer(
  { tracesUrl: url, network }: CoordinatorConfig,
  log: Logger,
  closing: Closing,
): Promise<RoundTracer> {
  const attributes = { 'trustmonitor.network': network, 'service.instance.id': hostname() };
  const service = { service: 'trustmonitor-coordinator', version: COORDINATOR_VERSION };
  const tracing = await openTracing({ url, ...service, attributes, log });
  closing.add(() => tracing.close());
  return new RoundTracer(tracing);
}

function plannerOf(
  foundations: Foundations,
  parts: Pick<PlannerParts, 'clock' | 'log' | 'network'>,
): MaintenancePlanner {
  const isLogged = foundations.transparency !== null;
  return new MaintenancePlanner({ ...foundations, ...parts, isLogged });
}

/** None while nobody outside is to be told. */
function startDeadMan(
  settings: CoordinatorConfig['deadMan'],
  parts: DecidingParts,
  log: Logger,
  closing: Closing,
): void {
  if (settings === null) return;
  const deadMan = new DeadMan({ ...settings, whyIdle: () => whyIdle(parts), log });
  deadMan.start();
  closing.add(() => deadMan.stop());
}

/** None while the network keeps no log. */
function checkpointerOf(
  { database, bus, transparency }: Foundations,
  parts: Pick<CheckpointerParts, 'clock' | 'log' | 'witnessUrls'>,
): Checkpointer[] {
  if (transparency === null) return [];
  return [new Checkpointer({ database, bus, ...parts, transparency })];
}

/** Null where there are no heartbeat monitors. Any coordinator takes pings, so each listens. */
async function openPush(
  { database, pushSigner: signer }: Foundations,
  parts: Pick<PushVoterParts, 'clock' | 'log' | 'network'>,
  closing: Closing,
  offer: PushVoterParts['offer'],
): Promise<PushVoter | null> {
  if (signer === null) return null;
  const listening = new Listening({ database, ...parts });
  await listening.start();
  closing.add(() => listening.stop());
  return new PushVoter({ database, listening, signer, offer, ...parts });
}
