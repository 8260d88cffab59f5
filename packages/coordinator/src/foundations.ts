/** What must be there before anything runs: the schema, the keys, the broker, the right to decide. */
import { randomUUID } from 'node:crypto';
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
import { KeyRingKeeper } from './keyring-keeper.ts';
import { loadKeyRings, requireReportKey, type KeyRings } from './keyrings.ts';
import { openTransparency, type Transparency } from './log/transparency.ts';
import { PartitionKeeper } from './partition-keeper.ts';
import { PingAddresses } from './push/addresses.ts';
import { openPushKey } from './push/key.ts';
import { openSecretBox, type SecretBox } from './secret-box.ts';
import { openDatabase, type Database } from './store/database.ts';
import { takeAllShards } from './store/lease.ts';
import { migrate } from './store/migrate.ts';

/** The name by which the broker knows the coordinator: the owner of its inbox. */
const CLIENT = 'coordinator';

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
  readonly lease: { readonly owner: string; readonly epoch: number };
}

export async function layFoundations(
  config: CoordinatorConfig,
  clock: Clock,
  log: Logger,
  closing: Closing,
): Promise<Foundations> {
  const database = await openDatabase({
    url: config.databaseUrl,
    onIdleError: (error) => log.warn({ err: error }, 'database connection lost'),
  });
  closing.add(() => database.close());
  const applied = await migrate(database);
  if (applied.length > 0) log.info({ applied }, 'database migrated');
  const partitions = new PartitionKeeper({ database, clock, log, retention: config.retention });
  await partitions.start();
  closing.add(() => partitions.stop());

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
  const credential = await ownCredential(config);
  const bus = await connectBus({
    url: config.natsUrl,
    client: CLIENT,
    seed: config.natsSeed,
    credential: () => credential,
    onStatus: (status) => log.info(status, 'broker'),
  });
  closing.add(() => bus.close());

  // Taking the lease ends whoever has it, so whatever can fail here must have failed before.
  await requireFreePort(config.httpHost, config.httpPort);
  const owner = randomUUID();
  const lease = { owner, epoch: await takeAllShards(database, owner) };
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
    lease,
  };
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
