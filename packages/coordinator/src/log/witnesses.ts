/** The witnesses of the network's log, as the key ring's policy names them. */
import {
  keyIdOf,
  parsePolicy,
  type NoteKey,
  type TrustedKeyRing,
  type WitnessPolicy,
} from '@trustmonitor/evidence';
import { TrustMonitorError } from '@trustmonitor/protocol';

export interface Witness {
  /** The agent that is this witness. */
  readonly agent: string;
  /** Its name in the policy. */
  readonly name: string;
  readonly key: NoteKey;
}

export interface LogIdentity {
  /** What checkpoints call the log. */
  readonly origin: string;
  readonly logKey: NoteKey;
  readonly policy: WitnessPolicy;
  /** The witnesses that are agents of this network: asked over the bus. */
  readonly witnesses: readonly Witness[];
  /** The others, by their names in the policy: asked over HTTP where an address is known. */
  readonly others: readonly { readonly name: string; readonly key: NoteKey }[];
}

/** Throws `keyring.invalid` if the key ring's policy does not name a log with this key. */
export function logIdentityOf(ring: TrustedKeyRing, logKid: string): LogIdentity {
  const policy = ring.policy ?? parsePolicy('quorum none');
  const log = policy.logs.find(({ publicKey }) => keyIdOf(publicKey) === logKid);
  if (log === undefined) {
    throw new TrustMonitorError('keyring.invalid', 'the key ring names a log with another key', {
      where: 'TM_LOG_KEY_FILE',
      hint: 'Give the coordinator the private key of the log that the policy names.',
    });
  }
  const witnesses = policy.witnesses.flatMap(({ name, key }): Witness[] => {
    const agent = ring.key(keyIdOf(key.publicKey))?.agent ?? null;
    return agent === null ? [] : [{ agent, name, key }];
  });
  const agents = new Set(witnesses.map(({ name }) => name));
  const others = policy.witnesses.filter(({ name }) => !agents.has(name));
  return { origin: log.name, logKey: log, policy, witnesses, others };
}
