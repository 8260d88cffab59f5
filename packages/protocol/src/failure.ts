/** What can go wrong in a probe, by class, and whose fault each failure was. */
import Type, { type Static } from 'typebox';
import { Strict } from './schema.ts';

/**
 * `transport`: no response exists. `application`: a valid response that is wrong. `own`: the
 * agent's fault, never the target's. `policy`: we refused to probe.
 */
export type FailureKind = 'transport' | 'application' | 'own' | 'policy';

interface ClassFacts {
  readonly kind: FailureKind;
  /** Whose fault it is taken to be, unless the probe knows better. */
  readonly attribution: 'target' | 'resolver' | 'network' | 'self';
  /** Retried by the default retry policy: a transport failure that may pass by itself. */
  readonly transient: boolean;
  /** The class in words, as a message to a person says it. */
  readonly words: string;
}

const resolver = (words: string, transient: boolean): ClassFacts => ({
  kind: 'transport',
  attribution: 'resolver',
  transient,
  words,
});
const transport = (words: string, transient: boolean): ClassFacts => ({
  kind: 'transport',
  attribution: 'target',
  transient,
  words,
});
const application = (words: string): ClassFacts => ({
  kind: 'application',
  attribution: 'target',
  transient: false,
  words,
});
const own = (words: string): ClassFacts => ({
  kind: 'own',
  attribution: 'self',
  transient: false,
  words,
});

/**
 * The closed list of classes. Some cannot be told from one another by anybody outside the
 * target; each such class says so here.
 */
export const FAILURE_CLASSES = {
  /** NXDOMAIN, from the authority or from a resolver that makes it up. */
  dns_nxdomain: resolver('the name does not exist', false),
  /** No name server answered: a dead server, a filter and a lost packet look the same. */
  dns_timeout: resolver('the name server did not answer in time', true),
  /** SERVFAIL, REFUSED, FORMERR, or no address of the family that was asked for. */
  dns_failure: resolver('the name server answered with an error', true),
  /** Nothing listens there, or a firewall answers with a reset: the same packet. */
  connect_refused: transport('the connection was refused', true),
  /** A dead host, a firewall that drops and a lost route look the same from here. */
  connect_timeout: transport('no connection in time', true),
  /** Closed or reset after the TCP connection and before the end of the TLS handshake. */
  connect_reset: transport('the connection was reset while opening', true),
  /** A router says so (`target`), or this machine has no route or family (`network`). */
  connect_unreachable: transport('no route to the address', true),
  /** Alerts, no common version or cipher, not TLS at all, or a handshake that stalls. */
  tls_handshake: transport('the TLS handshake failed', false),
  tls_cert_expired: transport('the certificate has expired', false),
  /** Self-signed, an unknown issuer, a missing intermediate, not yet valid, or revoked. */
  tls_cert_untrusted: transport('the certificate is not trusted', false),
  tls_hostname_mismatch: transport('the certificate is for another name', false),
  /** Slow, stalled and silently lost look the same from here. */
  read_timeout: transport('no complete answer in time', true),
  /** A reset, or an orderly close before the answer was complete. */
  read_reset: transport('the connection broke during the answer', true),
  protocol_error: transport('the answer is not valid for its protocol', false),
  body_too_large: transport('the answer is larger than the limit', false),
  too_many_redirects: transport('too many redirects', false),
  client_error: application('an unexpected 4xx status'),
  server_error: application('an unexpected 5xx status'),
  status_unexpected: application('an unexpected status'),
  assertion_failed: application('an assertion does not hold'),
  latency_exceeded: application('slower than allowed'),
  cert_expiring: application('the certificate expires soon'),
  /** The job did not run, hangs, or cannot reach the coordinator: the same silence. */
  heartbeat_missed: application('the job did not report in time'),
  heartbeat_failed: application('the job reported a failure'),
  agent_overloaded: own('the agent was too busy to measure honestly'),
  agent_offline: own('the agent itself had no network'),
  job_expired: own('the job came too late to be run'),
  /** This agent cannot run such a check at all: no `ping`, for one. */
  unsupported: own('the agent cannot run this kind of check'),
  internal_error: own('a fault in the agent'),
  blocked_target: {
    kind: 'policy',
    attribution: 'self',
    transient: false,
    words: 'the target is at an address that agents may not probe',
  },
} as const satisfies Record<string, ClassFacts>;

export type FailureClass = keyof typeof FAILURE_CLASSES;

export const FailureClass = Type.Enum(Object.keys(FAILURE_CLASSES) as FailureClass[]);

/** Whose fault: only failures attributed to `target` or `resolver` count as `down`. */
export const Attribution = Type.Enum(['target', 'resolver', 'network', 'self']);
export type Attribution = Static<typeof Attribution>;

export const Failure = Strict({
  class: FailureClass,
  attribution: Attribution,
  /** One bounded sentence: expected, actual, where. Never a secret, never a whole body. */
  detail: Type.String({ maxLength: 500 }),
});
export type Failure = Static<typeof Failure>;
