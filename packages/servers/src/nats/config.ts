import { TrustMonitorError } from '@trustmonitor/protocol';

/** A client of the server and all that it may do. What is not listed is refused. */
export interface NatsUser {
  /** Public NKey of a user: `U` and 55 base32 characters. */
  readonly nkey: string;
  /** Subjects (wildcards allowed) it may publish to; none when empty. */
  readonly publish: readonly string[];
  /** Subjects it may subscribe to (`"subject queue"` for a queue group); none when empty. */
  readonly subscribe: readonly string[];
  /** May answer each request it receives, once, whatever the reply subject. */
  readonly allowResponses?: boolean | undefined;
}

/** An operator and the accounts that it vouches for, as signed statements. */
export interface NatsTrust {
  readonly operatorJwt: string;
  /** Public key of the account that the server reports on itself in. */
  readonly systemAccount: string;
  readonly accounts: readonly { readonly publicKey: string; readonly jwt: string }[];
}

/** What a nats-server is started and reloaded with: a list of users, or whom to believe. */
export type NatsConfig = (
  { readonly users: readonly NatsUser[] } | { readonly trust: NatsTrust }
) & {
  /** Largest message in bytes; 1 MiB when not given, which is the server's own default. */
  readonly maxPayloadBytes?: number | undefined;
};

/** Where the server listens and what it writes; fixed for its lifetime. */
export interface NatsPlace {
  /** `-1` lets the server choose a free port, so that nothing can take it in between. */
  readonly port: number;
  /** Folder for the file in which the server says which port it has. */
  readonly portsFolder: string;
}

/*
 * nats-server reads an empty allow-list as no list at all, which allows everything. So
 * "nothing" is spelled as a subject that nobody uses.
 */
const NOTHING = ['_TM.NOTHING'];

/**
 * The text of nats.conf: authenticated, loopback only, no JetStream (see DESIGN, "Delivery").
 *
 * @throws TrustMonitorError `config.invalid` for no users (the server would let everybody in)
 *   or a malformed key or subject.
 */
export function renderNatsConfig(config: NatsConfig, place: NatsPlace): string {
  return [
    'host: "127.0.0.1"',
    `port: ${place.port}`,
    `ports_file_dir: ${quoted(place.portsFolder)}`,
    `max_payload: ${config.maxPayloadBytes ?? 1_048_576}`,
    // A peer that has vanished without a word is noticed in 15 s; the default is 6 minutes.
    'ping_interval: "5s"',
    'ping_max: 2',
    ...('trust' in config ? renderTrust(config.trust) : renderUsers(config.users)),
    '',
  ].join('\n');
}

/**
 * The lines by which a server believes an operator. Its users are in nobody's configuration.
 *
 * @throws TrustMonitorError `config.invalid` for what is no signed statement.
 */
export function renderTrust({ operatorJwt, systemAccount, accounts }: NatsTrust): string[] {
  return [
    `operator: ${statement(operatorJwt, 'operatorJwt')}`,
    `system_account: ${accountKey(systemAccount, 'systemAccount')}`,
    'resolver: MEMORY',
    'resolver_preload {',
    ...accounts.map(
      ({ publicKey, jwt }, i) =>
        `  ${accountKey(publicKey, `accounts[${i}]`)}: ${statement(jwt, `accounts[${i}].jwt`)}`,
    ),
    '}',
  ];
}

function statement(jwt: string, where: string): string {
  if (/^[\w-]+\.[\w-]+\.[\w-]+$/.test(jwt)) return jwt;
  throw new TrustMonitorError('config.invalid', 'not a JWT', { where });
}

function accountKey(key: string, where: string): string {
  if (/^A[A-Z2-7]{55}$/.test(key)) return key;
  throw new TrustMonitorError('config.invalid', `not an account's public NKey: ${key}`, { where });
}

function renderUsers(users: readonly NatsUser[]): string[] {
  if (users.length === 0) {
    throw new TrustMonitorError('config.invalid', 'a nats-server needs at least one user', {
      where: 'users',
    });
  }
  return [
    'authorization {',
    '  users: [',
    ...users.map((user, index) => renderUser(user, `users[${index}]`)),
    '  ]',
    '}',
  ];
}

function renderUser(user: NatsUser, where: string): string {
  if (!/^U[A-Z2-7]{55}$/.test(user.nkey)) {
    throw new TrustMonitorError('config.invalid', `not a user's public NKey: ${user.nkey}`, {
      where: `${where}.nkey`,
    });
  }
  const publish = allowList(user.publish, `${where}.publish`);
  const subscribe = allowList(user.subscribe, `${where}.subscribe`);
  const responses = user.allowResponses === true ? ', allow_responses: true' : '';
  return (
    `    { nkey: ${user.nkey}, permissions: ` +
    `{ publish: { allow: ${publish} }, subscribe: { allow: ${subscribe} }${responses} } }`
  );
}

function allowList(subjects: readonly string[], where: string): string {
  const bad = subjects.find((subject) => !/^[!-~]+( [!-~]+)?$/.test(subject));
  if (bad !== undefined) {
    const message = `not a NATS subject: ${JSON.stringify(bad)}`;
    throw new TrustMonitorError('config.invalid', message, { where });
  }
  return `[${(subjects.length === 0 ? NOTHING : subjects).map(quoted).join(', ')}]`;
}

function quoted(text: string): string {
  return JSON.stringify(text);
}
