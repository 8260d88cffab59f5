/** How check kinds are written by people: the parts that their input blocks share. */
import Type, { type Static } from 'typebox';
import { parseDuration } from '../duration.ts';
import { TrustMonitorError } from '../errors.ts';
import { escapePointer } from '../parse.ts';
import { Strict } from '../schema.ts';
import {
  IpFamily,
  SecretRef,
  type Secrets,
  type SentHeaders,
  type SentText,
  type TlsSettings,
} from './common.ts';

export const DurationInput = Type.Union(
  [Type.String({ maxLength: 32 }), Type.Number({ minimum: 0 })],
  { description: 'A number and a unit (500ms, 30s, 1m30s); a bare number is seconds.' },
);

/**
 * Text as it stands; `{ secret: VALUE }`, which is kept out of the definition; or the
 * `{ secretRef: NAME }` that a definition shows in its place, which keeps the stored value.
 */
export const TextInput = Type.Union([
  Type.String({ maxLength: 65_536 }),
  Strict({ secret: Type.String({ minLength: 1, maxLength: 65_536 }) }),
  SecretRef,
]);
export type TextInput = Static<typeof TextInput>;

export const HeadersInput = Type.Record(Type.String({ maxLength: 128 }), TextInput);
export type HeadersInput = Static<typeof HeadersInput>;

export const IpFamilyInput = Type.Optional(IpFamily);

export const TlsInput = Strict({
  verify: Type.Optional(Type.Boolean()),
  serverName: Type.Optional(Type.String({ maxLength: 253 })),
  ca: Type.Optional(Type.String({ maxLength: 65_536 })),
  client: Type.Optional(
    Strict({ certificate: Type.String({ maxLength: 65_536 }), key: TextInput }),
  ),
});
export type TlsInput = Static<typeof TlsInput>;

/** Where to probe, as the monitor's own keys say it. */
export interface TargetInput {
  readonly url?: string | undefined;
  readonly host?: string | undefined;
  readonly port?: number | undefined;
}

/** Collects the secrets of one monitor while its definition is completed. */
export class SecretCollector {
  readonly values: Secrets = {};

  /** Text in its published form: a secret is put aside under `name` and replaced. */
  publish(text: TextInput, name: string): SentText {
    if (typeof text === 'string' || 'secretRef' in text) return text;
    return this.keep(text.secret, name);
  }

  /** Like `publish`, for text that is secret even when it is written plainly. */
  conceal(text: TextInput, name: string): SecretRef {
    if (typeof text === 'string') return this.keep(text, name);
    return 'secretRef' in text ? text : this.keep(text.secret, name);
  }

  private keep(value: string, name: string): SecretRef {
    this.values[name] = value;
    return { secretRef: name };
  }
}

/** Headers that carry credentials by their nature, even when nobody marked them as secret. */
const CREDENTIAL_HEADERS: ReadonlySet<string> = new Set([
  'authorization',
  'proxy-authorization',
  'cookie',
  'x-api-key',
  'api-key',
  'x-auth-token',
  'x-access-token',
]);

export function completeHeaders(
  headers: HeadersInput,
  block: string,
  secrets: SecretCollector,
): SentHeaders {
  const complete: SentHeaders = {};
  for (const [name, value] of Object.entries(headers)) {
    const key = name.toLowerCase();
    refuseBrokenHeader(key, value, `/${block}/headers/${escapePointer(name)}`);
    const place = `${block}.headers.${key}`;
    complete[key] = CREDENTIAL_HEADERS.has(key)
      ? secrets.conceal(value, place)
      : secrets.publish(value, place);
  }
  return complete;
}

function refuseBrokenHeader(name: string, value: TextInput, pointer: string): void {
  if (!/^[a-z0-9!#$%&'*+.^_`|~-]{1,128}$/.test(name)) throw misfit(pointer, 'is not a header name');
  const text = typeof value === 'string' ? value : 'secret' in value ? value.secret : '';
  // eslint-disable-next-line no-control-regex -- a value must not end its line (RFC 9110 5.5)
  if (/[\u0000-\u0008\u000a-\u001f\u007f]/.test(text)) {
    throw misfit(pointer, 'has a control character');
  }
}

export function completeTls(
  input: TlsInput | undefined,
  block: string,
  secrets: SecretCollector,
): TlsSettings {
  return {
    verify: input?.verify ?? true,
    serverName: input?.serverName ?? null,
    ca: input?.ca ?? null,
    client:
      input?.client === undefined
        ? null
        : {
            certificate: input.client.certificate,
            key: secrets.conceal(input.client.key, `${block}.tls.client.key`),
          },
  };
}

export function hostOf(target: TargetInput, kind: string): string {
  if (target.url !== undefined) throw misfit('/url', `is not used by ${kind}: give \`host\``);
  if (target.host === undefined) throw misfit('/host', `is required by ${kind}`);
  return target.host.replace(/^\[(.*)\]$/, '$1');
}

/** Throws where the kind has no usual port and none was given. */
export function portOf(target: TargetInput, kind: string, usual?: number): number {
  const port = target.port ?? usual;
  if (port === undefined) throw misfit('/port', `is required by ${kind}`);
  return port;
}

export function durationAt(
  value: string | number | undefined,
  fallbackMs: number,
  pointer: string,
): number {
  return value === undefined ? fallbackMs : parseDuration(value, pointer);
}

export function misfit(pointer: string, detail: string): TrustMonitorError {
  return new TrustMonitorError('input.invalid', `${pointer} ${detail}`, {
    where: pointer,
    fields: [{ pointer, detail }],
  });
}
