/** Failures of an attempt: raised anywhere below a probe, reported as the attempt's failure. */
import {
  type Attribution,
  FAILURE_CLASSES,
  type Failure,
  type FailureClass,
} from '@trustmonitor/protocol';

const MAX_DETAIL = 500;

/** Where in its course an attempt is. What an error or a missed deadline means depends on it. */
export type Stage = 'resolve' | 'connect' | 'tls' | 'exchange';

export class ProbeFailure extends Error {
  readonly failureClass: FailureClass;
  readonly attribution: Attribution;

  constructor(failureClass: FailureClass, detail: string, attribution?: Attribution) {
    super(detail);
    this.name = 'ProbeFailure';
    this.failureClass = failureClass;
    this.attribution = attribution ?? FAILURE_CLASSES[failureClass].attribution;
  }
}

/** Any error as the failure to report. What is not a `ProbeFailure` is a fault of our own. */
export function toFailure(error: unknown): Failure {
  if (error instanceof ProbeFailure) {
    return {
      class: error.failureClass,
      attribution: error.attribution,
      detail: excerpt(error.message, MAX_DETAIL),
    };
  }
  const detail = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  return { class: 'internal_error', attribution: 'self', detail: excerpt(detail, MAX_DETAIL) };
}

/** The deadline passed while the attempt was in `stage`. */
export function deadlineFailure(stage: Stage): ProbeFailure {
  switch (stage) {
    case 'resolve':
      return new ProbeFailure('dns_timeout', 'no answer from the name server before the deadline');
    case 'connect':
      return new ProbeFailure('connect_timeout', 'not connected before the deadline');
    case 'tls':
      return new ProbeFailure('tls_handshake', 'the handshake was not finished at the deadline');
    case 'exchange':
      return new ProbeFailure('read_timeout', 'the answer was not complete at the deadline');
  }
}

/** An error that a socket reported in `stage`. */
export function socketFailure(error: unknown, stage: Stage): ProbeFailure {
  if (error instanceof ProbeFailure) return error;
  const code = codeOf(error);
  const detail = error instanceof Error ? error.message : String(error);
  if (EXHAUSTED.has(code)) return new ProbeFailure('agent_overloaded', detail);
  if (NO_LOCAL_ROUTE.has(code)) return new ProbeFailure('connect_unreachable', detail, 'network');
  if (isTlsError(code)) return new ProbeFailure('tls_handshake', tlsReason(detail));
  switch (stage) {
    case 'resolve':
      return new ProbeFailure('dns_failure', detail);
    case 'connect':
      return new ProbeFailure(CONNECT_CLASSES[code] ?? 'connect_unreachable', detail);
    case 'tls':
      return code === 'ETIMEDOUT'
        ? new ProbeFailure('tls_handshake', detail)
        : new ProbeFailure('connect_reset', closedDuringHandshake(code));
    case 'exchange':
      return new ProbeFailure(code === 'ETIMEDOUT' ? 'read_timeout' : 'read_reset', detail);
  }
}

/** The peer closed in good order, but too early. */
export function closedFailure(stage: Stage): ProbeFailure {
  return stage === 'exchange'
    ? new ProbeFailure('read_reset', 'the connection was closed before the answer was complete')
    : new ProbeFailure('connect_reset', closedDuringHandshake('FIN'));
}

/** `text` on one line, in at most `limit` characters, all of it valid Unicode. */
export function excerpt(text: string, limit: number): string {
  // eslint-disable-next-line no-control-regex -- control characters are what is replaced
  const line = text.slice(0, limit + 1).replace(/[\u0000-\u001f\u007f-\u009f]+/g, ' ');
  const cut = line.length > limit ? `${line.slice(0, limit - 3)}...` : line;
  // UTF-8 has no lone surrogates, and canonical JSON refuses them.
  return Buffer.from(cut, 'utf8').toString('utf8');
}

const CONNECT_CLASSES: Readonly<Record<string, FailureClass>> = {
  ECONNREFUSED: 'connect_refused',
  ETIMEDOUT: 'connect_timeout',
  ECONNRESET: 'connect_reset',
  EPIPE: 'connect_reset',
  ECONNABORTED: 'connect_reset',
};

/** This machine has run out of something. */
const EXHAUSTED: ReadonlySet<string> = new Set(['EMFILE', 'ENFILE', 'ENOBUFS', 'ENOMEM']);

/** The packet never left: no such family here, no route, a local filter, no free local port. */
const NO_LOCAL_ROUTE: ReadonlySet<string> = new Set([
  'ENETUNREACH',
  'ENETDOWN',
  'EADDRNOTAVAIL',
  'EAFNOSUPPORT',
  'EACCES',
  'EPERM',
  // A link-local address without its zone.
  'EINVAL',
]);

/** OpenSSL's errors, in any stage: TLS 1.3 refuses a client certificate after the handshake. */
function isTlsError(code: string): boolean {
  return code.startsWith('ERR_SSL_') || code.startsWith('ERR_TLS_') || code === 'EPROTO';
}

/** OpenSSL's message is `<thread>:error:<number>:<library>:<function>:<reason>:<file>:...`. */
function tlsReason(message: string): string {
  return /:error:[^:]*:[^:]*:[^:]*:([^:]+)/.exec(message)?.[1] ?? message;
}

function closedDuringHandshake(code: string): string {
  return `the connection was closed during the TLS handshake (${code})`;
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string'
    ? error.code
    : '';
}
