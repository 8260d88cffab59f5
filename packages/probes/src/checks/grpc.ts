/** `grpc`: the standard health check (grpc.health.v1) by grpc-js, over TLS of our own. */
import type { Socket } from 'node:net';
import {
  CallCredentials,
  ChannelCredentials,
  Client,
  type experimental,
  Metadata,
  type ServiceError,
  status as Status,
} from '@grpc/grpc-js';
import type { GrpcCheck } from '@trustmonitor/protocol';
import { attempt } from '../attempt.ts';
import { closedFailure, ProbeFailure, socketFailure } from '../failure.ts';
import { type Endpoint, upgradeToTls } from '../net/connect.ts';
import { resolveTarget } from '../net/resolve.ts';
import { tlsProfile, type TlsProfile } from '../net/tls-profile.ts';
import type { Probe } from '../probe.ts';
import type { Run } from '../run.ts';
import { revealHeaders } from '../secrets.ts';

const METHOD = '/grpc.health.v1.Health/Check';
const MAX_MESSAGE_BYTES = 4_096;
const SERVING_STATUS = ['UNKNOWN', 'SERVING', 'NOT_SERVING', 'SERVICE_UNKNOWN'] as const;

export const probeGrpc: Probe<GrpcCheck> = (check, context) =>
  attempt(check, context, async (run) => {
    const { host, port, grpc } = check;
    const endpoint = { address: await resolveTarget(run, host, grpc.ipFamily), host, port };
    const profile = grpc.tls && tlsProfile(grpc.tls, run.secrets);
    const said = await callHealth(run, check, new Connector(run, endpoint, profile));
    run.seen.httpVersion = '2';
    if (said !== 'SERVING') {
      throw new ProbeFailure('status_unexpected', `the service says ${said}`);
    }
  });

/**
 * Gives grpc-js our own TLS, so that phases, certificates and failures are those of every other
 * kind. The methods with an underscore are what its own credentials implement; there is no other
 * way in.
 */
class Connector extends ChannelCredentials {
  /** Why the connection failed; grpc-js keeps the message only. */
  failure: unknown = null;
  /** When the request could go out. */
  readyAt = performance.now();
  private readonly run: Run;
  private readonly endpoint: Endpoint;
  private readonly profile: TlsProfile | null;
  private readonly startedAt = performance.now();

  constructor(run: Run, endpoint: Endpoint, profile: TlsProfile | null) {
    super();
    this.run = run;
    this.endpoint = endpoint;
    this.profile = profile;
  }

  override _isSecure(): boolean {
    return this.profile !== null;
  }

  override _equals(other: ChannelCredentials): boolean {
    return this === other;
  }

  override _createSecureConnector(): experimental.SecureConnector {
    return {
      connect: (socket) => this.connect(socket),
      waitForReady: () => Promise.resolve(),
      getCallCredentials: () => CallCredentials.createEmpty(),
      destroy: () => undefined,
    };
  }

  private async connect(socket: Socket): Promise<experimental.SecureConnectResult> {
    this.run.mark('connectUs', this.startedAt);
    this.run.onClose(() => socket.destroy());
    try {
      const secured =
        this.profile === null
          ? socket
          : await upgradeToTls(this.run, socket, this.endpoint, this.profile, ['h2']);
      this.run.stage = 'exchange';
      this.readyAt = performance.now();
      secured.once('close', () => (this.failure ??= closedFailure('exchange')));
      return { socket: secured, secure: this.profile !== null };
    } catch (error) {
      this.failure = error;
      throw error;
    }
  }
}

function callHealth(run: Run, check: GrpcCheck, connector: Connector): Promise<string> {
  const { address, port } = { ...check, address: run.seen.address ?? '' };
  const target = address.includes(':') ? `ipv6:[${address}]:${port}` : `ipv4:${address}:${port}`;
  return run.step('connect', (done, fail) => {
    const client = new Client(target, connector, {
      'grpc.default_authority': authorityOf(check),
      'grpc.use_local_subchannel_pool': 1,
      'grpc.enable_http_proxy': 0,
      'grpc.enable_retries': 0,
      'grpc.service_config_disable_resolution': 1,
      'grpc.max_receive_message_length': MAX_MESSAGE_BYTES,
    });
    run.onClose(() => client.close());
    const metadata = new Metadata();
    for (const [name, value] of revealHeaders(check.grpc.headers, run.secrets)) {
      metadata.set(name, value);
    }
    client.makeUnaryRequest(
      METHOD,
      encodeRequest,
      decodeResponse,
      check.grpc.service,
      metadata,
      (error, said) => {
        if (run.stage === 'exchange') run.mark('processingUs', connector.readyAt);
        if (error === null && said !== undefined) done(said);
        else fail(connector.failure ?? callFailure(error, run));
      },
    );
  });
}

function authorityOf({ host, port, grpc }: GrpcCheck): string {
  const name = grpc.tls?.serverName ?? host;
  const usual = grpc.tls === null ? 80 : 443;
  const bracketed = name.includes(':') ? `[${name}]` : name;
  return port === usual ? bracketed : `${bracketed}:${port}`;
}

/** `message HealthCheckRequest { string service = 1; }`, which needs no protobuf library. */
function encodeRequest(service: string): Buffer {
  const text = Buffer.from(service, 'utf8');
  if (text.length === 0) return Buffer.alloc(0);
  // A varint of the length: seven bits to a byte, the low ones first.
  const length =
    text.length < 128 ? [text.length] : [(text.length & 0x7f) | 0x80, text.length >> 7];
  return Buffer.concat([Buffer.from([0x0a, ...length]), text]);
}

/** `message HealthCheckResponse { ServingStatus status = 1; }`; absent is 0, `UNKNOWN`. */
function decodeResponse(message: Buffer): string {
  if (message.length === 0) return SERVING_STATUS[0];
  const said = message[0] === 0x08 ? SERVING_STATUS[message[1] ?? 0] : undefined;
  if (said === undefined) throw new Error('not a HealthCheckResponse');
  return said;
}

function callFailure(error: ServiceError | null, run: Run): ProbeFailure {
  if (error === null) return new ProbeFailure('protocol_error', 'the call ended without a message');
  // The TCP connection is grpc-js's own; of its error only the text is left.
  const code = /\b(E[A-Z]{4,})\b/.exec(error.details)?.[1];
  if (run.stage === 'connect' && code !== undefined) {
    return socketFailure(Object.assign(new Error(error.details), { code }), 'connect');
  }
  const detail = `${Status[error.code]}: ${error.details}`;
  return STATUS_FROM_SERVER.has(error.code)
    ? new ProbeFailure('status_unexpected', detail)
    : new ProbeFailure('protocol_error', detail);
}

/** Codes that a server gives; grpc-js makes up the others when it cannot read the answer. */
const STATUS_FROM_SERVER: ReadonlySet<Status> = new Set([
  Status.UNIMPLEMENTED,
  Status.NOT_FOUND,
  Status.PERMISSION_DENIED,
  Status.UNAUTHENTICATED,
  Status.UNAVAILABLE,
  Status.RESOURCE_EXHAUSTED,
  Status.FAILED_PRECONDITION,
  Status.ABORTED,
]);
