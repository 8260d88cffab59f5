/** One NATS connection: reconnects for ever, never buffers what would be stale when it is back. */
import { TrustMonitorError, inboxPrefix } from '@trustmonitor/protocol';
import {
  connect,
  jwtAuthenticator,
  nkeyAuthenticator,
  type Authenticator,
  type Msg,
  type NatsConnection,
  type Subscription,
} from '@nats-io/transport-node';

export interface BusOptions {
  /**
   * `nats://host:port`, several separated by commas. With `tls://` nothing is said over a connection
   * that is not encrypted, whatever the server offers.
   */
  readonly url: string;
  /** Name of this client: shown by the broker, and the owner of its inbox. */
  readonly client: string;
  /** NKey seed (`SU...`); null for a broker without authentication. */
  readonly seed: string | null;
  /**
   * The credential that goes with the seed, asked for at each connection; null, or nothing, where
   * the broker knows the NKey from its own configuration.
   */
  readonly credential?: () => string | null;
  /** Told of each change of the connection, for logs and self-monitoring. */
  readonly onStatus?: (status: BusStatus) => void;
}

export type BusStatus =
  | { readonly type: 'connected'; readonly server: string }
  | { readonly type: 'disconnected' }
  | { readonly type: 'error'; readonly error: Error }
  | { readonly type: 'closed' };

/** What arrives: the subject it came on, its bytes, and a way to answer a request. */
export interface Delivery {
  readonly subject: string;
  readonly data: Uint8Array;
  respond(data: Uint8Array): void;
}

export interface Bus {
  /** False while the broker is away. */
  readonly connected: boolean;
  /** Sends at most once. Returns false, and sends nothing, while the broker is away. */
  publish(subject: string, data: Uint8Array): boolean;
  /** Rejects with `nats.unavailable` when no answer came in time. */
  request(subject: string, data: Uint8Array, timeoutMs: number): Promise<Uint8Array>;
  /** Calls `handle` for each message. The subscription outlives reconnections. */
  subscribe(
    subject: string,
    handle: (delivery: Delivery) => void,
    options?: { readonly queue?: string },
  ): { unsubscribe(): void };
  /** Resolves when the broker has everything published so far. */
  flush(): Promise<void>;
  /** Connects anew with the newest credential; what was published before is with the broker. */
  reconnect(): Promise<void>;
  /** Stops taking messages, sends what is under way, closes. */
  close(): Promise<void>;
}

const PING_INTERVAL_MS = 3_000;
const RECONNECT_WAIT_MS = 500;
const CLOSE_LIMIT_MS = 2_000;

/**
 * Connects, waiting for the broker for at most `waitMs`.
 *
 * Throws `nats.unavailable` when there is none by then or it refuses the key.
 */
export async function connectBus(options: BusOptions, waitMs = 10_000): Promise<Bus> {
  const giveUpAt = performance.now() + waitMs;
  for (;;) {
    try {
      return wrap(await open(options), options.onStatus ?? (() => undefined));
    } catch (cause) {
      if (isRefusal(cause) || performance.now() >= giveUpAt) throw unavailable(options.url, cause);
    }
    await new Promise((resolve) => setTimeout(resolve, RECONNECT_WAIT_MS));
  }
}

function open(options: BusOptions): Promise<NatsConnection> {
  return connect({
    servers: options.url.split(','),
    name: options.client,
    inboxPrefix: inboxPrefix(options.client),
    maxReconnectAttempts: -1,
    reconnectTimeWait: RECONNECT_WAIT_MS,
    reconnectJitter: 500,
    // An authorisation that fails now may hold after the broker has reloaded its users.
    ignoreAuthErrorAbort: true,
    pingInterval: PING_INTERVAL_MS,
    maxPingOut: 2,
    // The client reads no scheme: without this it would follow whoever says that there is no TLS.
    ...(/(^|,)\s*tls:/.test(options.url) ? { tls: {} } : {}),
    ...(options.seed === null ? {} : { authenticator: authenticatorOf(options, options.seed) }),
  });
}

function authenticatorOf({ credential }: BusOptions, seed: string): Authenticator {
  const key = new TextEncoder().encode(seed);
  const byNkey = nkeyAuthenticator(key);
  const byCredential = jwtAuthenticator(() => credential?.() ?? '', key);
  return (nonce) => ((credential?.() ?? null) === null ? byNkey(nonce) : byCredential(nonce));
}

function wrap(connection: NatsConnection, onStatus: (status: BusStatus) => void): Bus {
  let connected = true;
  onStatus({ type: 'connected', server: connection.getServer() });
  void watch(connection, (status) => {
    if (status.type !== 'error') connected = status.type === 'connected';
    onStatus(status);
  });
  return {
    get connected() {
      return connected && !connection.isClosed();
    },
    publish(subject, data) {
      // The client would buffer, and deliver jobs and receipts long after they made sense.
      if (!connected || connection.isClosed()) return false;
      connection.publish(subject, data);
      return true;
    },
    async request(subject, data, timeoutMs) {
      if (!connected) throw unavailable(connection.getServer(), undefined);
      try {
        return (await connection.request(subject, data, { timeout: timeoutMs })).data;
      } catch (cause) {
        throw unavailable(connection.getServer(), cause);
      }
    },
    subscribe(subject, handle, subscribeOptions = {}) {
      return listen(connection, subject, handle, subscribeOptions.queue);
    },
    flush: () => connection.flush(),
    async reconnect() {
      if (!connected || connection.isClosed()) return;
      await connection.flush();
      // Nothing is published until the new connection is there: it would be lost with the old one.
      connected = false;
      await connection.reconnect();
    },
    async close() {
      if (connection.isClosed()) return;
      // Draining waits for the broker's answer, which never comes from one that is away.
      const drained = connected ? connection.drain() : Promise.reject(new Error('away'));
      await within(CLOSE_LIMIT_MS, drained).catch(() => connection.close());
    },
  };
}

function listen(
  connection: NatsConnection,
  subject: string,
  handle: (delivery: Delivery) => void,
  queue: string | undefined,
): Subscription {
  return connection.subscribe(subject, {
    ...(queue === undefined ? {} : { queue }),
    callback(error: Error | null, message: Msg) {
      if (error !== null) return;
      handle({
        subject: message.subject,
        data: message.data,
        respond: (data) => void message.respond(data),
      });
    },
  });
}

async function watch(
  connection: NatsConnection,
  onStatus: (status: BusStatus) => void,
): Promise<void> {
  for await (const status of connection.status()) {
    if (status.type === 'reconnect') onStatus({ type: 'connected', server: status.server });
    else if (status.type === 'disconnect') onStatus({ type: 'disconnected' });
    else if (status.type === 'error') onStatus({ type: 'error', error: status.error });
    else if (status.type === 'close') onStatus({ type: 'closed' });
  }
}

async function within<T>(limitMs: number, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`not done in ${limitMs} ms`)), limitMs);
  });
  return Promise.race([work, limit]).finally(() => clearTimeout(timer));
}

function isRefusal(error: unknown): boolean {
  return error instanceof Error && /authorization|authentication/i.test(error.name + error.message);
}

function unavailable(url: string, cause: unknown): TrustMonitorError {
  const why = cause instanceof Error ? cause.message : 'not connected';
  return new TrustMonitorError('nats.unavailable', `NATS at ${url} cannot be used: ${why}`, {
    where: url,
    hint: 'Is nats-server running there, and does it know this client’s key? Check TM_NATS_URL.',
    cause,
  });
}
