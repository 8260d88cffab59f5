/**
 * Who may use the broker, said by signatures instead of a list in its configuration: an operator
 * vouches for an account, the account for each client and for what that client may do
 * (https://docs.nats.io/running-a-nats-service/configuration/securing_nats/auth_intro/jwt). The
 * server needs no reload when a client comes or goes.
 */
import {
  createAccount,
  createOperator,
  decode,
  encodeAccount,
  encodeOperator,
  encodeUser,
  fmtCreds,
  type User,
} from '@nats-io/jwt';
import { fromSeed, type KeyPair } from '@nats-io/nkeys';
import { TrustMonitorError, type Permissions } from '@trustmonitor/protocol';

/** NKey seeds, private: whoever has the account's may let anybody in. */
export interface BrokerSeeds {
  /** `SO...` */
  readonly operator: string;
  /** `SA...`: the network's account, in which all our clients are. */
  readonly account: string;
  /** `SA...`: the account that a server reports on itself in; nobody is in it. */
  readonly system: string;
}

/** What a server is configured with; all of it public. */
export interface BrokerTrust {
  readonly operatorJwt: string;
  /** Public key of the system account. */
  readonly systemAccount: string;
  readonly accounts: readonly { readonly publicKey: string; readonly jwt: string }[];
}

/** A client as the account lets it in. */
export interface BrokerUser extends Permissions {
  /** Public NKey (`U...`). */
  readonly nkey: string;
  /** For the server's logs. */
  readonly name: string;
  /** When the broker lets it in no more; null for never. */
  readonly expiresAtMs: number | null;
}

export function createBrokerSeeds(): BrokerSeeds {
  return {
    operator: seedOf(createOperator()),
    account: seedOf(createAccount()),
    system: seedOf(createAccount()),
  };
}

/** The signed statements that a server of the network starts with. Throws `key.invalid`. */
export async function brokerTrustOf(seeds: BrokerSeeds, network: string): Promise<BrokerTrust> {
  const operator = pairOf(seeds.operator, 'O');
  const account = pairOf(seeds.account, 'A');
  const system = pairOf(seeds.system, 'A');
  const accountJwt = (name: string, pair: KeyPair) =>
    encodeAccount(name, pair, { limits: UNLIMITED }, { signer: operator });
  const systemAccount = system.getPublicKey();
  return {
    operatorJwt: await encodeOperator(network, operator, { system_account: systemAccount }),
    systemAccount,
    accounts: [
      { publicKey: account.getPublicKey(), jwt: await accountJwt(network, account) },
      { publicKey: systemAccount, jwt: await accountJwt('system', system) },
    ],
  };
}

/** What is bounded is bounded for each client, by its own allow-lists. */
const UNLIMITED = {
  conn: -1,
  data: -1,
  exports: -1,
  imports: -1,
  leaf: -1,
  payload: -1,
  subs: -1,
  wildcards: true,
};

/** A client's credential: good for whoever has the NKey's seed. Throws `key.invalid`. */
export async function issueCredential(accountSeed: string, user: BrokerUser): Promise<string> {
  const { nkey, name, publish, subscribe, expiresAtMs } = user;
  const permissions = {
    pub: { allow: orNothing(publish) },
    sub: { allow: orNothing(subscribe) },
  };
  const expiry = expiresAtMs === null ? {} : { exp: Math.floor(expiresAtMs / 1_000) };
  return encodeUser(name, nkey, pairOf(accountSeed, 'A'), permissions, expiry);
}

/**
 * A client's credential and seed as one file (`.creds`), as nats-servers read it. Private: whoever has it
 * is let in. Throws `key.invalid`.
 */
export function credentialFile(credential: string, seed: string): Uint8Array {
  return fmtCreds(credential, pairOf(seed, 'U'));
}

/** Public key (`A...`) of the account with this seed. Throws `key.invalid`. */
export function accountOf(accountSeed: string): string {
  return pairOf(accountSeed, 'A').getPublicKey();
}

/** An empty list would allow everything. */
function orNothing(subjects: readonly string[]): string[] {
  return subjects.length === 0 ? ['_TM.NOTHING'] : [...subjects];
}

export interface CredentialClaims {
  /** Public NKey of the client that it is for. */
  readonly nkey: string;
  /** Null for one that does not expire. */
  readonly expiresAtMs: number | null;
}

/** Throws `key.invalid` for what is not a credential. */
export function readCredential(credential: string): CredentialClaims {
  try {
    const { sub, exp } = decode<User>(credential);
    return { nkey: sub, expiresAtMs: exp === undefined ? null : exp * 1_000 };
  } catch (cause) {
    throw new TrustMonitorError('key.invalid', 'not a credential for the broker', { cause });
  }
}

function seedOf(pair: KeyPair): string {
  return new TextDecoder().decode(pair.getSeed());
}

function pairOf(seed: string, kind: 'O' | 'A' | 'U'): KeyPair {
  try {
    const pair = fromSeed(new TextEncoder().encode(seed.trim()));
    if (pair.getPublicKey().startsWith(kind)) return pair;
  } catch (cause) {
    throw notASeed(kind, cause);
  }
  throw notASeed(kind);
}

function notASeed(kind: string, cause?: unknown): TrustMonitorError {
  return new TrustMonitorError('key.invalid', `not an NKey seed of the form S${kind}...`, {
    cause,
  });
}
