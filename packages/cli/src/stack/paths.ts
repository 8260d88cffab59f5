/** The data folder of a local stack: where everything in it is, named in this one place. */
import { join, resolve } from 'node:path';

export interface StackPaths {
  readonly root: string;
  /** Describes the running stack; gone when it has stopped. */
  readonly stackFile: string;
  /** Held by the process that runs the stack. */
  readonly lockFile: string;
  /** Made by the coordinator at its first start. */
  readonly adminTokenFile: string;
  /** Encrypts monitors' secrets; made by the coordinator at its first start. */
  readonly secretKeyFile: string;
  /** What verifiers pin; public. */
  readonly rootFile: string;
  readonly keysFolder: string;
  readonly rootKeyFile: string;
  readonly reportKeyFile: string;
  readonly logKeyFile: string;
  /** The coordinator's vote key, for heartbeat monitors. */
  readonly pushKeyFile: string;
  /** The key that agents are enrolled with, in the root's place. */
  readonly enrolmentKeyFile: string;
  readonly coordinatorSeedFile: string;
  /** NKey seeds of the broker's operator, of our account there and of the server's own. */
  readonly natsOperatorSeedFile: string;
  readonly natsAccountSeedFile: string;
  readonly natsSystemSeedFile: string;
  /** All versions of the key ring, oldest first; public. */
  readonly keyringFile: string;
  readonly natsFolder: string;
  /** What a NATS server of the user's own has to include. */
  readonly natsTrustFile: string;
  readonly postgresFolder: string;
  readonly agentsFolder: string;
  readonly demoFolder: string;
  readonly logsFolder: string;
  /** Which processes run, for a start after a kill. */
  readonly recordsFolder: string;
}

export function pathsOf(dataDirectory: string): StackPaths {
  const root = resolve(dataDirectory);
  const at = (...names: string[]) => join(root, ...names);
  return {
    root,
    stackFile: at('stack.json'),
    lockFile: at('stack.lock'),
    adminTokenFile: at('admin.token'),
    secretKeyFile: at('secret.key'),
    rootFile: at('root.json'),
    keysFolder: at('keys'),
    rootKeyFile: at('keys', 'root.key'),
    reportKeyFile: at('keys', 'coordinator-report.key'),
    logKeyFile: at('keys', 'log.key'),
    pushKeyFile: at('keys', 'push.key'),
    enrolmentKeyFile: at('keys', 'enrolment.key'),
    coordinatorSeedFile: at('keys', 'coordinator.nk'),
    natsOperatorSeedFile: at('keys', 'nats-operator.nk'),
    natsAccountSeedFile: at('keys', 'nats-account.nk'),
    natsSystemSeedFile: at('keys', 'nats-system.nk'),
    keyringFile: at('keyring.json'),
    natsFolder: at('nats'),
    natsTrustFile: at('nats-trust.conf'),
    postgresFolder: at('postgres'),
    agentsFolder: at('agents'),
    demoFolder: at('demo'),
    logsFolder: at('logs'),
    recordsFolder: at('run'),
  };
}
