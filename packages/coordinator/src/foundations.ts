/** What must be there before anything runs: the schema, the keys, the broker, a name. */
import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { connectBus, issueCredential, publicNkey, type Bus } from '@trustmonitor/bus';
import type { Signer } from '@trustmonitor/evidence';
import { loadSigner } from '@trustmonitor/evidence/node';
import { coordinatorPermissions } from '@trustmonitor/protocol';
import type { Logger } from 'pino';
import { ensureAdminToken } from './api/auth.ts';
import type { Clock } from './clock.ts';
import type { Closing } from './closing.ts';
import type { CoordinatorConfig } from './config.ts';
import { Credentials } from './enrol/credentials.ts';
import { Enrolment } from './enrol/enrolment.ts';
import { requireFreePort } from './listen.ts';
import { BrokerLink } from './lease/broker-link.ts';
import { KeyRingKeeper } from './keyring-keeper.ts';
import { loadKeyRings, requireReportKey, type KeyRings } from './keyrings.ts';
import { openTransparency, type Transparency } from './log/transparency.ts';
import { dismissUnlisted } from './oidc/people.ts';
import { PingAddresses } from './push/addresses.ts';
import { openPushKey } from './push/key.ts';
import { openSecretBox, type SecretBox } from './secret-box.ts';
import { openDatabase, type Database } from './store/database.ts';
import type { Registration } from './store/coordinators.ts';
import { ensurePartitions } from './store/partitions.ts';
import { migrate } from './store/migrate.ts';

/**
 * The name by which the broker knows a coordinator: the owner of its inbox. All of them share it,
 * as they share the key: a coordinator asks nothing on the broker, so nobody reads another's answers.
 */
const CLIENT = 'coordinator';
/** Shorter than a lease: a statement that hangs is given up and tried again. */
const LEASE_TIMEOUT_MS = 4_000;
/** An index over what a year has left takes longer than any decision may. */
const MIGRATION_TIMEOUT_MS = 600_000;

export interface Foundations {
  readonly database: Database;
  readonly keyRings: KeyRings;
  /** The key that records are signed with. */
  readonly signer: Signer;
  /** The transparency log of the network; null while its key ring names none. */
  readonly transparency: Transparency | null;
  /** The key that the coordinator votes with on heartbeat monitors; null where it takes none. */
  readonly pushSigner: Signer | null;
  readonly secretBox: SecretBox;
  /** Where jobs report in. */
  readonly pings: PingAddresses;
  readonly enrolment: Enrolment;
  /** Lets agents into the broker; null where the broker has a list of its own. */
  readonly credentials: Credentials | null;
  readonly bus: Bus;
  /** Whether that can be relied on. */
  readonly brokerLink: BrokerLink;
  /** For the leases alone: a renewal must not wait for decisions. */
  readonly leaseDatabase: Database;
  /** This coordinator among the others. */
  readonly me: Registration;
}

export async function layFoundations(
  config: CoordinatorConfig,
  clock: Clock,
  log: Logger,
  closing: Closing,
  statementTimeoutMs?: number,
): Promise<Foundations> {
  await migrateDatabase(config, log);
  const database = await openDatabase({
    url: config.databaseUrl,
    statementTimeoutMs,
    onIdleError: (error) => log.warn({ err: error }, 'database connection lost'),
  });
  closing.add(() => database.close());
  await ensurePartitions(database, clock());

  const keyRings = await loadKeyRings(database, config, config.network);
  const pushSigner = openPushKey(keyRings.ring, config.pushKeyFile);
  if (pushSigner === null) keyRings.withoutPush();
  const signer = loadSigner(config.reportKeyFile);
  requireReportKey(keyRings.ring, signer.kid, config.reportKeyFile);
  const transparency = await openTransparency(database, keyRings, config.logKeyFile);
  const keeper = new KeyRingKeeper(keyRings, config.keyringFile, database, log);
  keeper.start();
  closing.add(() => keeper.stop());
  const secretBox = await openSecretBox(config.secretKeyFile);
  await ensureAdminToken(database, config.adminTokenFile);
  await dismissUnlisted(database, config.oidc);

  const enrolmentKey =
    config.enrolmentKeyFile === null ? null : loadSigner(config.enrolmentKeyFile);
  const enrolment = new Enrolment({
    database,
    keyRings,
    signer: enrolmentKey,
    reportKid: signer.kid,
    clock,
  });
  const accountSeed = config.natsAccountSeed;
  const credentials =
    accountSeed === null ? null : new Credentials({ accountSeed, keyRings, clock, log });
  const { bus, brokerLink } = await openBus(config, log);
  closing.add(() => bus.close());

  const leaseDatabase = await openLeaseDatabase(config);
  closing.add(() => leaseDatabase.close());

  // Registering ends an earlier process on this port, so whatever can fail must have failed before.
  await requireFreePort(config.httpHost, config.httpPort);
  const me = registrationOf(config);
  const pings = new PingAddresses(secretBox, config.publicUrl);
  return {
    database,
    keyRings,
    signer,
    transparency,
    pushSigner,
    secretBox,
    pings,
    enrolment,
    credentials,
    bus,
    brokerLink,
    leaseDatabase,
    me,
  };
}

/** On a connection of its own, with a limit of its own. */
async function migrateDatabase(
  { databaseUrl: url }: CoordinatorConfig,
  log: Logger,
): Promise<void> {
  const statementTimeoutMs = MIGRATION_TIMEOUT_MS;
  const database = await openDatabase({ url, poolSize: 1, statementTimeoutMs });
  try {
    const applied = await migrate(database);
    if (applied.length > 0) log.info({ applied }, 'database migrated');
  } finally {
    await database.close();
  }
}

async function openBus(
  config: CoordinatorConfig,
  log: Logger,
): Promise<Pick<Foundations, 'bus' | 'brokerLink'>> {
  const credential = await ownCredential(config);
  const brokerLink = new BrokerLink(true, performance.now());
  const bus = await connectBus({
    url: config.natsUrl,
    client: CLIENT,
    seed: config.natsSeed,
    credential: () => credential,
    onStatus: (status) => {
      if (status.type !== 'error') brokerLink.note(status.type === 'connected', performance.now());
      log.info(status, 'broker');
    },
  });
  return { bus, brokerLink };
}

/** Whoever has the account's seed needs nobody's leave; null where the broker has a list of users. */
async function ownCredential({
  natsSeed,
  natsAccountSeed,
}: CoordinatorConfig): Promise<string | null> {
  if (natsAccountSeed === null || natsSeed === null) return null;
  return issueCredential(natsAccountSeed, {
    nkey: publicNkey(natsSeed),
    name: CLIENT,
    ...coordinatorPermissions(CLIENT),
    expiresAtMs: null,
  });
}

function openLeaseDatabase({ databaseUrl: url }: CoordinatorConfig): Promise<Database> {
  return openDatabase({ url, poolSize: 1, statementTimeoutMs: LEASE_TIMEOUT_MS });
}

/** Named by its address: nobody else has it as long as this process lives. */
function registrationOf({ httpPort }: CoordinatorConfig): Registration {
  const id = randomUUID();
  return { id, name: httpPort === 0 ? id : `${hostname()}:${httpPort}` };
}
