/** The coordinator, put together: read it from top to bottom as the way of the data. */
import { onBatch } from '@trustmonitor/bus';
import type { Logger } from 'pino';
import { AgentRoster } from './agents.ts';
import { createApi } from './api/app.ts';
import { createClock, type Clock } from './clock.ts';
import { Closing } from './closing.ts';
import type { CoordinatorConfig } from './config.ts';
import { Cycle } from './cycle.ts';
import { layFoundations, type Foundations } from './foundations.ts';
import { listen } from './listen.ts';
import { Checkpointer } from './log/checkpointer.ts';
import { Courier } from './notify/courier.ts';
import { Listening } from './push/listening.ts';
import { PushVoter, type PushVoterParts } from './push/voter.ts';
import { selectAgentStatuses } from './store/agents.ts';
import { selectAllMonitors } from './store/monitors.ts';
import { takeUp, WatchList } from './watch-list.ts';

export interface RunningCoordinator {
  /** Where the API listens. */
  readonly url: string;
  /** Finishes the decision under way, lets messages under way end, closes everything. */
  stop(): Promise<void>;
}

/**
 * Starts everything or nothing. `onLeaseLost` is called once when another coordinator decides;
 * this one then writes nothing more, and should be stopped.
 */
export async function startCoordinator(
  config: CoordinatorConfig,
  log: Logger,
  onLeaseLost: (error: Error) => void,
): Promise<RunningCoordinator> {
  const closing = new Closing();
  try {
    const url = await start(config, log, closing, onLeaseLost);
    return { url, stop: () => closing.close() };
  } catch (error) {
    await closing.close().catch((later: unknown) => log.warn({ err: later }, 'not closed cleanly'));
    throw error;
  }
}

async function start(
  config: CoordinatorConfig,
  log: Logger,
  closing: Closing,
  onLeaseLost: (error: Error) => void,
): Promise<string> {
  const clock = createClock();
  const foundations = await layFoundations(config, clock, log, closing);
  const { database, bus, keyRings } = foundations;

  // Schedule: the monitors, as they were left.
  const watchList = await loadWatchList(foundations, clock, log);
  log.info({ monitors: watchList.size, epoch: foundations.lease.epoch }, 'monitors loaded');

  // Who is alive.
  const roster = new AgentRoster(await selectAgentStatuses(database), {
    keyRings,
    credentials: foundations.credentials,
    clock,
    database,
    log,
  });
  roster.start(bus);
  closing.add(() => roster.stop());

  // Announce: from the outbox to people.
  const courier = new Courier(database, log);
  courier.start();
  closing.add(() => courier.stop());

  // The log: heads signed, cosigned by the agents.
  if (foundations.transparency !== null) {
    const checkpointer = new Checkpointer({
      database,
      bus,
      clock,
      log,
      transparency: foundations.transparency,
      witnessUrls: config.witnessUrls,
    });
    await checkpointer.start();
    closing.add(() => checkpointer.stop());
  }

  // The coordinator's own votes, on jobs that report in.
  const push = await startPush(
    foundations,
    { clock, log, network: config.network },
    closing,
    (batch) => cycle.offer(batch),
  );

  // Dispatch, decide, record: the loop.
  const cycle = new Cycle({
    watchList,
    keyRings,
    bus,
    push,
    clock,
    log,
    commit: {
      ...foundations,
      clock,
      network: config.network,
      isLogged: foundations.transparency !== null,
      apiUrl: config.publicUrl,
    },
    onCommitted: () => courier.wake(),
    onLeaseLost,
  });
  cycle.start();
  closing.add(() => cycle.stop());

  // Intake: from agents to the loop.
  const intake = onBatch(bus, '*', (agent, message) =>
    cycle.offer({ agent, message, arrivedAtMs: clock() }),
  );
  closing.add(() => intake.unsubscribe());

  // The API, last: who asks finds everything there.
  const api = await createApi({ ...foundations, settings: config, cycle, roster, clock, log });
  closing.add(() => api.close());
  const url = await listen(api, config.httpHost, config.httpPort);
  log.info({ url }, 'ready');
  return url;
}

async function startPush(
  { database, pushSigner: signer }: Foundations,
  parts: Pick<PushVoterParts, 'clock' | 'log' | 'network'>,
  closing: Closing,
  offer: PushVoterParts['offer'],
): Promise<PushVoter | null> {
  if (signer === null) return null;
  const listening = new Listening({ database, ...parts });
  await listening.start();
  closing.add(() => listening.stop());
  const voter = new PushVoter({ database, listening, signer, offer, ...parts });
  await voter.start();
  closing.add(() => voter.stop());
  return voter;
}

async function loadWatchList(
  { database, secretBox }: Foundations,
  clock: Clock,
  log: Logger,
): Promise<WatchList> {
  const watchList = new WatchList(secretBox);
  for (const stored of await selectAllMonitors(database)) takeUp(watchList, stored, clock(), log);
  return watchList;
}
