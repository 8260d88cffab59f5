/** What several check kinds share: policy fields, TLS settings, and text that may be secret. */
import Type, { type Static, type TObject } from 'typebox';
import { Assertion } from '../assertion.ts';
import { FailureClass } from '../failure.ts';
import { Millis, Nullable, Strict } from '../schema.ts';

/** Which failures are tried again inside one job, and how. The job's deadline covers them all. */
export const RetryPolicy = Strict({
  /** Attempts after the first; 0 turns retrying off. */
  count: Type.Integer({ minimum: 0, maximum: 5 }),
  /** First back-off; it doubles with each attempt, with full jitter. */
  backoffMs: Type.Integer({ minimum: 10, maximum: 60_000 }),
  classes: Type.Array(FailureClass, { maxItems: 40 }),
});
export type RetryPolicy = Static<typeof RetryPolicy>;

/** Fields that every check kind has. */
export const CheckCommon = {
  /** Covers all attempts of one job. */
  timeoutMs: Type.Integer({ minimum: 50, maximum: 300_000 }),
  assertions: Type.Array(Assertion, { maxItems: 64 }),
  /** An `up` slower than this counts as slow; enough slow votes make a round `degraded`. */
  degradedAfterMs: Nullable(Millis),
  retries: RetryPolicy,
};
export type CheckCommon = Static<TObject<typeof CheckCommon>>;

/**
 * The place of a secret. A definition is published in evidence bundles, so it holds names only;
 * the values travel beside it, in `Job.secrets`.
 */
export const SecretRef = Strict({
  secretRef: Type.String({ pattern: '^[\\x21-\\x7e]{1,200}$' }),
});
export type SecretRef = Static<typeof SecretRef>;

/** Values of a check's secrets, by the name that its definition refers to. Never published. */
export const Secrets = Type.Record(
  Type.String({ pattern: '^[\\x21-\\x7e]{1,200}$' }),
  Type.String({ maxLength: 65_536 }),
);
export type Secrets = Static<typeof Secrets>;

/** Text that goes to the target: public as it stands, or a reference to a secret. */
export const SentText = Type.Union([Type.String({ maxLength: 65_536 }), SecretRef]);
export type SentText = Static<typeof SentText>;

/** Header and metadata names, in lower case (RFC 9110 `token`). */
const HeaderName = Type.String({ pattern: "^[a-z0-9!#$%&'*+.^_`|~-]{1,128}$" });

/** No control characters, so that a value can never end its line (RFC 9110 section 5.5). */
const HeaderText = Type.String({
  pattern: '^[^\\x00-\\x08\\x0a-\\x1f\\x7f]*$',
  maxLength: 4_096,
});

export const SentHeaders = Type.Record(HeaderName, Type.Union([HeaderText, SecretRef]));
export type SentHeaders = Static<typeof SentHeaders>;

/** A host name or an IP address; brackets, ports and paths have no place here. */
export const Host = Type.String({ pattern: '^[^\\s/?#@\\[\\]\\\\]{1,253}$' });
export const Port = Type.Integer({ minimum: 1, maximum: 65_535 });

/** `any` takes IPv4 where the name has it, else IPv6. */
export const IpFamily = Type.Enum(['any', 'ipv4', 'ipv6']);
export type IpFamily = Static<typeof IpFamily>;

const Pem = Type.String({ pattern: '^\\s*-----BEGIN ', maxLength: 65_536 });

/** How a TLS connection is made and what it must prove. */
export const TlsSettings = Strict({
  /** False: any certificate will do. Every result of such a check says so. */
  verify: Type.Boolean(),
  /** The name to send and to check, where it is not the host. */
  serverName: Nullable(Host),
  /** Certificates to trust instead of the public ones (PEM). */
  ca: Nullable(Pem),
  client: Nullable(Strict({ certificate: Pem, key: SecretRef })),
});
export type TlsSettings = Static<typeof TlsSettings>;
