/** What decides, put together: the shards that are held, their schedule, and the loop over them. */
import { onBatch } from '@trustmonitor/bus';
import { AnomalyKeeper } from './anomalies/keeper.ts';
import { FleetBrake } from './brake/brake.ts';
import { BrakeKeeper } from './brake/keeper.ts';
import type { Clock } from './clock.ts';
import type { Closing } from './closing.ts';
import type { CommitContext } from './commit.ts';
import { emptyStats } from './cycle-stats.ts';
import { Cycle, type CycleParts } from './cycle.ts';
import type { Foundations } from './foundations.ts';
import type { Duties } from './lease/duties.ts';
import { LeaseKeeper, type LeaseTimes } from './lease/keeper.ts';
import { News } from './lease/news.ts';
import { Tenancy } from './lease/tenancy.ts';
import type { LinkSettings } from './links.ts';
import { QuarantineKeeper, type QuarantineParts } from './quarantine/keeper.ts';
import { newRoundId } from './round-id.ts';
import { notify } from './store/notifications.ts';
import { WatchList } from './watch-list.ts';

export interface LoopParts extends Pick<
  CycleParts,
  'push' | 'log' | 'onDecided' | 'onCommitted' | 'onSeen'
> {
  /** The regions that operators have taken out. */
  readonly drains: QuarantineParts['drains'];
  /** Told when there is an alert to be routed. */
  readonly onAlert: () => void;
  readonly clock: Clock;
  readonly duties: Duties;
  readonly databaseUrl: string;
  readonly network: string;
  readonly links: LinkSettings;
  readonly leaseTimes: LeaseTimes | undefined;
}

export interface DecisionLoop {
  /** What is usual for the monitors, and what is not. */
  readonly anomalies: AnomalyKeeper;
  readonly cycle: Cycle;
  /** The regions that are not asked. */
  readonly quarantine: Pick<QuarantineKeeper, 'regions'>;
  /** Whether incidents are held back. */
  readonly brake: Pick<FleetBrake, 'sinceMs'>;
  /** The monitors of the shards that are held. */
  readonly monitors: Pick<WatchList, 'all'>;
  /** Resolves when the first shards are watched, or there is none to be had. */
  start(): Promise<void>;
  /** Whether the leases are known to hold. */
  readonly isFresh: boolean;
  /** How many shards are decided about. */
  readonly held: number;
}

/** Closing ends the loop first, and gives the shards back when nothing decides any more. */
export function openDecisionLoop(
  foundations: Foundations,
  parts: LoopParts,
  closing: Closing,
): DecisionLoop {
  const { database, bus, me } = foundations;
  const { clock, duties, log } = parts;
  const stats = emptyStats();
  const watchList = new WatchList(foundations.secretBox);
  const tenancy = new Tenancy({
    ...{ watchList, database, duties, clock, stats, log },
    subscribe: (shard) =>
      onBatch(bus, shard, (agent, message) =>
        cycle.offer({ agent, shard, message, arrivedAtMs: clock() }),
      ),
  });
  const onFresh = (): void => cycle.wake();
  const keeper = keeperFor(foundations, parts, tenancy, onFresh);
  const judging = { ...foundations, ...parts, watchList, isFresh: () => keeper.isFresh };
  const sender = { network: parts.network, coordinator: me.id };
  const quarantine = new QuarantineKeeper({ ...judging, sender, newRoundId });
  const brake = new FleetBrake({ watchList, clock, log });
  const anomalies = new AnomalyKeeper({ ...foundations, ...parts, watchList, tenancy });
  const cycle = new Cycle({
    ...{ ...judging, tenancy, stats, quarantine, brake },
    onCommitted: (written) => {
      anomalies.observe(written);
      parts.onCommitted(written);
    },
    commit: commitContext(foundations, parts),
    onForeign: (monitor) => hastenElsewhere(foundations, monitor, log),
  });
  const news = newsFor(
    { database, ...parts },
    { watchList, tenancy },
    {
      lease: (by) => {
        if (by !== me.id) keeper.wake();
      },
      alert: parts.onAlert,
    },
  );
  return {
    cycle,
    anomalies,
    quarantine,
    brake,
    monitors: watchList,
    async start() {
      closing.add(() => keeper.stop());
      closing.add(() => duties.stop());
      closing.add(() => tenancy.close());
      // Before the first round is opened it is known whom not to ask.
      await quarantine.start();
      closing.add(() => quarantine.stop());
      begin(new BrakeKeeper({ brake, database, clock, me, log }), closing);
      begin(anomalies, closing);
      begin(cycle, closing);
      await news.start();
      closing.add(() => news.stop());
      await keeper.start();
      log.info({ shards: tenancy.held.size, monitors: watchList.size }, 'monitors loaded');
    },
    get isFresh() {
      return keeper.isFresh;
    },
    get held() {
      return tenancy.held.size;
    },
  };
}

function keeperFor(
  { leaseDatabase: database, me, brokerLink }: Foundations,
  { log, leaseTimes: times }: LoopParts,
  tenant: Tenancy,
  onFresh: () => void,
): LeaseKeeper {
  return new LeaseKeeper({ database, me, brokerLink, tenant, onFresh, log, times });
}

/** Asks whoever holds the monitor's shard for its next round at once. */
function hastenElsewhere({ database }: Foundations, monitor: string, log: LoopParts['log']): void {
  notify(database, 'hasten', monitor).catch((error: unknown) =>
    log.debug({ err: error, monitor }, 'its next round comes at its time'),
  );
}

/** What was written and moved elsewhere, for the monitors that are held. */
type NewsParts = ConstructorParameters<typeof News>[0];

function newsFor(
  parts: Pick<NewsParts, 'database' | 'databaseUrl' | 'log'>,
  { watchList, tenancy }: { readonly watchList: WatchList; readonly tenancy: Tenancy },
  on: Pick<NewsParts['on'], 'lease' | 'alert'>,
): News {
  const { database, databaseUrl, log } = parts;
  return new News({
    ...{ database, databaseUrl, log },
    held: () => tenancy.held,
    revisionOf: (monitor) => watchList.get(monitor)?.revision,
    on: {
      ...on,
      monitor: (id) => tenancy.monitorsChanged([id]),
      hasten: (id) => tenancy.hasten(id),
    },
  });
}

function begin(keeper: { start(): void; stop(): Promise<void> }, closing: Closing): void {
  keeper.start();
  closing.add(() => keeper.stop());
}

function commitContext(
  foundations: Foundations,
  { clock, network, links }: LoopParts,
): Omit<CommitContext, 'ring'> {
  const { database, signer, transparency, me } = foundations;
  const isLogged = transparency !== null;
  return { database, signer, clock, network, owner: me.id, isLogged, links };
}
