/**
 * Every error a user or a caller can meet, by its stable code.
 *
 * Callers match `code`, never the message. `title` is what happened in general; the error's
 * own message says it for the case at hand, `where` says the place (a file with line and
 * column, a field's JSON pointer, a subject), `hint` says what to do. `docs/errors.md` lists
 * the same codes, and a test keeps the two equal.
 */
export const ERROR_CATALOGUE = {
  // Input somebody wrote
  'config.invalid': { title: 'A setting is missing or not valid', http: 400 },
  'input.malformed': { title: 'The input is not well-formed', http: 400 },
  'input.invalid': { title: 'The input does not fit its schema', http: 422 },
  'input.too_large': { title: 'The input is larger than the limit', http: 413 },
  'duration.invalid': { title: 'Not a duration', http: 422 },
  'quorum.invalid': { title: 'Not a quorum', http: 422 },
  'quorum.unreachable': {
    title: 'The quorum is larger than the number of voting groups',
    http: 422,
  },
  'assertion.invalid': { title: 'Not an assertion', http: 422 },
  'monitor.exists': { title: 'A monitor with this id exists already', http: 409 },
  'monitor.owned': { title: 'Another owner has applied this monitor', http: 409 },
  'monitor.busy': { title: 'The monitor has an open incident', http: 409 },
  'monitor.needed': { title: 'Other monitors depend on this one', http: 409 },
  'channel.busy': { title: 'Monitors tell this channel', http: 409 },
  'channel.exists': { title: 'A channel with this id exists already', http: 409 },
  'maintenance.exists': { title: 'A window of maintenance with this id exists already', http: 409 },
  'maintenance.begun': { title: 'The maintenance has begun, and stays as announced', http: 409 },
  'maintenance.idle': { title: 'No maintenance of this window runs now', http: 409 },
  'agent.exists': { title: 'An agent of this name is enrolled already', http: 409 },
  'drain.too_few': { title: 'Too few would be left to judge', http: 409 },
  'incident.resolved': { title: 'The incident is resolved already', http: 409 },
  'monitor.unknown_region': { title: 'No region has this name', http: 422 },

  // Access
  'auth.missing': { title: 'No token was given', http: 401 },
  'auth.refused': { title: 'The token is not valid', http: 401 },
  'join.refused': { title: 'The join token cannot be used', http: 403 },
  'auth.forbidden': { title: 'The token may not do this', http: 403 },
  'oidc.unavailable': { title: 'The identity provider cannot be used', http: 503 },
  'oidc.expired': { title: 'The sign-in took too long, or began elsewhere', http: 401 },
  'oidc.refused': { title: 'The identity provider did not vouch for the caller', http: 401 },
  'oidc.unlisted': { title: 'Nobody here has let this person in', http: 403 },
  not_found: { title: 'There is no such thing', http: 404 },
  gone: { title: 'It was kept for its time, and is not there any more', http: 410 },
  conflict: { title: 'Somebody else changed it first', http: 412 },
  'precondition.required': { title: 'The request must say what it changes', http: 428 },
  'idempotency.busy': { title: 'A request with this Idempotency-Key is under way', http: 409 },
  'idempotency.reused': { title: 'The Idempotency-Key belongs to another request', http: 422 },
  'token.last_admin': { title: 'Nobody could make tokens any more', http: 409 },
  'rate.limited': { title: 'Too many requests', http: 429 },
  'rate.banned': { title: 'The API does not answer you for a while', http: 429 },

  // Servers and the machine
  'nats.unavailable': { title: 'The NATS server cannot be reached', http: 503 },
  'nats.not_found': { title: 'No nats-server binary could be had', http: 500 },
  'nats.start_failed': { title: 'nats-server did not start', http: 500 },
  'postgres.unavailable': { title: 'PostgreSQL cannot be reached', http: 503 },
  'postgres.start_failed': { title: 'PostgreSQL did not start', http: 500 },
  'postgres.too_old': { title: 'PostgreSQL is older than 15', http: 500 },
  'port.taken': { title: 'The port is in use', http: 500 },
  'data.unwritable': { title: 'The data folder cannot be written', http: 500 },
  'stack.running': { title: 'A stack already runs in this folder', http: 500 },
  'stack.not_running': { title: 'No stack runs in this folder', http: 503 },
  'enrolment.unavailable': { title: 'This coordinator cannot enrol agents', http: 409 },
  'evidence.pending': { title: 'The evidence is not complete yet', http: 409 },
  'lease.lost': { title: 'Another coordinator has taken over', http: 503 },
  'api.unreachable': { title: 'The API cannot be reached', http: 503 },

  // Keys, signatures and messages between our own parts
  'key.invalid': { title: 'Not a usable Ed25519 key', http: 500 },
  'key.missing': { title: 'A signing key is missing', http: 500 },
  'key.unknown': { title: 'No key in the key ring may have signed this', http: 500 },
  'signature.invalid': { title: 'A signature does not verify', http: 500 },
  'batch.invalid': { title: 'A result batch is not what its signer claims', http: 500 },
  'batch.time': { title: 'A batch is of a time at which its key is not valid', http: 500 },
  'keyring.invalid': { title: 'The key ring does not verify', http: 500 },
  'message.malformed': { title: 'A message is not well-formed', http: 500 },
  'message.version': { title: 'A message has a version this build does not know', http: 500 },
  internal: { title: 'A fault of our own', http: 500 },
} as const satisfies Record<string, { title: string; http: number }>;

export type ErrorCode = keyof typeof ERROR_CATALOGUE;

export interface ErrorDetails {
  /** The place: `monitors.yaml:4:7`, `/monitors/0/quorum`, a subject, a path. */
  readonly where?: string | undefined;
  /** What the reader can do about it. */
  readonly hint?: string | undefined;
  /** Field errors, each with a JSON pointer into the input. */
  readonly fields?: readonly FieldError[] | undefined;
  readonly cause?: unknown;
}

export interface FieldError {
  /** RFC 6901 JSON pointer into the input. */
  readonly pointer: string;
  readonly detail: string;
}

/** The one error class of the project; `code` is from the closed catalogue above. */
export class TrustMonitorError extends Error {
  readonly code: ErrorCode;
  readonly where: string | undefined;
  readonly hint: string | undefined;
  readonly fields: readonly FieldError[];

  constructor(code: ErrorCode, message: string, details: ErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.name = 'TrustMonitorError';
    this.code = code;
    this.where = details.where;
    this.hint = details.hint;
    this.fields = details.fields ?? [];
  }
}

/** True if `error` is ours and, when `code` is given, has that code. */
export function isTrustMonitorError(error: unknown, code?: ErrorCode): error is TrustMonitorError {
  return error instanceof TrustMonitorError && (code === undefined || error.code === code);
}
