/** What the routes may use of the coordinator. */
import type { Bus } from '@trustmonitor/bus';
import type { Signer } from '@trustmonitor/evidence';
import type { Logger } from 'pino';
import type { AnomalyKeeper } from '../anomalies/keeper.ts';
import type { AgentRoster } from '../agents.ts';
import type { Clock } from '../clock.ts';
import type { CoordinatorConfig } from '../config.ts';
import type { Cycle } from '../cycle.ts';
import type { DrainKeeper } from '../drains/keeper.ts';
import type { Credentials } from '../enrol/credentials.ts';
import type { GateStats } from '../gate/stats.ts';
import type { Enrolment } from '../enrol/enrolment.ts';
import type { Transparency } from '../log/transparency.ts';
import type { KeyRings } from '../keyrings.ts';
import type { Metrics } from '../metrics/metrics.ts';
import type { PingAddresses } from '../push/addresses.ts';
import type { SecretBox } from '../secret-box.ts';
import type { Database } from '../store/database.ts';

/** The part of the monitors that this coordinator decides about. */
export interface Leases {
  /** Whether they are known to hold. */
  readonly isFresh: boolean;
  /** How many shards it has; the rest is other coordinators'. */
  readonly held: number;
}

export interface ApiContext {
  readonly database: Database;
  readonly bus: Bus;
  readonly cycle: Cycle;
  readonly roster: AgentRoster;
  /** Who is drained; to be looked at anew when that was changed. */
  readonly drains: Pick<DrainKeeper, 'look' | 'regions'>;
  readonly keyRings: KeyRings;
  readonly secretBox: SecretBox;
  /** The key that records are signed with: its public half is shown. */
  readonly signer: Signer;
  /** The network's log; null while it keeps none. */
  readonly transparency: Transparency | null;
  readonly pings: PingAddresses;
  readonly enrolment: Enrolment;
  /** Lets agents into the broker; null where the broker has a list of its own. */
  readonly credentials: Credentials | null;
  readonly settings: Pick<
    CoordinatorConfig,
    | 'network'
    | 'natsAdvertise'
    | 'publicUrl'
    | 'trustedProxies'
    | 'metrics'
    | 'retention'
    | 'gate'
    | 'oidc'
    | 'traceUrlTemplate'
  >;
  readonly leases: Leases;
  /** What is usual for each monitor. */
  readonly anomalies: Pick<AnomalyKeeper, 'usualOf' | 'usualFormOf'>;
  readonly metrics: Pick<Metrics, 'text'>;
  readonly gateStats: GateStats;
  readonly clock: Clock;
  readonly log: Logger;
}
