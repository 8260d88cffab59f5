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
  /** Retried by the default retry policy: a transport failure that may pass by itself. */
  readonly transient: boolean;
  /** The class in words, as a message to a person says it. */
  readonly words: string;
}

const transport = (words: string, transient: boolean): ClassFacts => ({
  kind: 'transport',
  transient,
  words,
});
const application = (words: string): ClassFacts => ({
  kind: 'application',
  transient: false,
  words,
});
const own = (words: string): ClassFacts => ({ kind: 'own', transient: false, words });

export const FAILURE_CLASSES = {
  dns_nxdomain: transport('the name does not exist', false),
  dns_timeout: transport('the name server did not answer in time', true),
  dns_failure: transport('the name server answered with an error', true),
  connect_refused: transport('the connection was refused', true),
  connect_timeout: transport('no connection in time', true),
  connect_reset: transport('the connection was reset while opening', true),
  connect_unreachable: transport('no route to the address', true),
  tls_handshake: transport('the TLS handshake failed', false),
  tls_cert_expired: transport('the certificate has expired', false),
  tls_cert_untrusted: transport('the certificate is not trusted', false),
  tls_hostname_mismatch: transport('the certificate is for another name', false),
  read_timeout: transport('no complete answer in time', true),
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
  agent_overloaded: own('the agent was too busy to measure honestly'),
  agent_offline: own('the agent itself had no network'),
  job_expired: own('the job came too late to be run'),
  internal_error: own('a fault in the agent'),
  blocked_target: {
    kind: 'policy',
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
