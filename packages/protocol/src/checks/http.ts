import Type, { type Static } from 'typebox';
import { Nullable, Strict } from '../schema.ts';
import { CheckCommon, IpFamily, SecretRef, SentHeaders, SentText, TlsSettings } from './common.ts';
import {
  completeHeaders,
  completeTls,
  HeadersInput,
  IpFamilyInput,
  misfit,
  type SecretCollector,
  type TargetInput,
  TextInput,
  TlsInput,
} from './input.ts';
import { SecretQuery, SecretQueryInput, concealQuery } from './query.ts';

const Method = Type.Enum(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']);
/** `auto` offers both and takes what the server prefers; over plain HTTP it is 1.1. */
const Version = Type.Enum(['1.1', '2', 'auto']);
const MaxRedirects = Type.Integer({ minimum: 0, maximum: 20 });
const MaxBodyBytes = Type.Integer({ minimum: 0, maximum: 16_777_216 });

export const HttpAuth = Type.Union([
  Strict({
    scheme: Type.Literal('basic'),
    username: Type.String({ pattern: '^[^:]*$', maxLength: 1_024 }),
    password: SecretRef,
  }),
  Strict({ scheme: Type.Literal('bearer'), token: SecretRef }),
]);
export type HttpAuth = Static<typeof HttpAuth>;

/** HTTP or HTTPS request; `url` says which. */
export const HttpCheck = Strict({
  type: Type.Literal('http'),
  url: Type.String({ pattern: '^https?://', maxLength: 2_048 }),
  ...CheckCommon,
  http: Strict({
    method: Method,
    headers: SentHeaders,
    body: Nullable(SentText),
    auth: Nullable(HttpAuth),
    version: Version,
    followRedirects: Type.Boolean(),
    maxRedirects: MaxRedirects,
    /** Limit of the content, before and after decompression. */
    maxBodyBytes: MaxBodyBytes,
    ipFamily: IpFamily,
    tls: TlsSettings,
    /** Send a W3C `traceparent`. */
    traceparent: Type.Boolean(),
    /** What a result holds of the content; absent for its hash, so that digests stay. */
    captureBody: Type.Optional(Type.Enum(['none', 'excerpt'])),
    /** Absent where there are none, so that older definitions keep their digests. */
    query: Type.Optional(SecretQuery),
  }),
});
export type HttpCheck = Static<typeof HttpCheck>;

/** Top level, as a monitor's kind may change and what may be published does not. */
export const EvidenceInput = Strict({
  captureBody: Type.Optional(
    Type.Enum(['none', 'hash', 'excerpt'], {
      description:
        'What signed results hold of the content: nothing, its SHA-256, or also how it begins ' +
        'where the check failed.',
    }),
  ),
});
export type EvidenceInput = Static<typeof EvidenceInput>;

export const HttpInput = Strict({
  method: Type.Optional(Method),
  headers: Type.Optional(HeadersInput),
  body: Type.Optional(TextInput),
  auth: Type.Optional(
    Type.Union([
      Strict({ basic: Strict({ username: Type.String(), password: TextInput }) }),
      Strict({ bearer: TextInput }),
    ]),
  ),
  version: Type.Optional(Version),
  followRedirects: Type.Optional(Type.Boolean()),
  maxRedirects: Type.Optional(MaxRedirects),
  maxBodyBytes: Type.Optional(MaxBodyBytes),
  ipFamily: IpFamilyInput,
  tls: Type.Optional(TlsInput),
  traceparent: Type.Optional(Type.Boolean()),
  query: Type.Optional(SecretQueryInput),
});
export type HttpInput = Static<typeof HttpInput>;

export function completeHttp(
  target: TargetInput,
  input: HttpInput = {},
  common: CheckCommon,
  secrets: SecretCollector,
  { captureBody = 'hash' }: EvidenceInput = {},
): HttpCheck {
  const { url: whole, credentials } = splitCredentials(httpUrlOf(target));
  const { url, query } = concealQuery(whole, input.query ?? {}, secrets);
  return {
    type: 'http',
    url,
    ...common,
    http: {
      method: input.method ?? 'GET',
      headers: completeHeaders(input.headers ?? {}, 'http', secrets),
      body: input.body === undefined ? null : secrets.publish(input.body, 'http.body'),
      auth: completeAuth(input.auth ?? credentials, secrets),
      version: input.version ?? '1.1',
      followRedirects: input.followRedirects ?? true,
      maxRedirects: input.maxRedirects ?? 5,
      maxBodyBytes: input.maxBodyBytes ?? 1_048_576,
      ipFamily: input.ipFamily ?? 'any',
      tls: completeTls(input.tls, 'http', secrets),
      traceparent: input.traceparent ?? true,
      ...(captureBody === 'hash' ? {} : { captureBody }),
      ...(Object.keys(query).length === 0 ? {} : { query }),
    },
  };
}

function httpUrlOf(target: TargetInput): string {
  if (target.host !== undefined) throw misfit('/host', 'is not used by http: give `url`');
  if (target.port !== undefined) throw misfit('/port', 'is not used by http: give `url`');
  if (target.url === undefined) throw misfit('/url', 'is required by http');
  if (!/^https?:\/\/[^/?#\s]+/i.test(target.url)) {
    throw misfit('/url', `"${target.url}" is not an http or https URL`);
  }
  return target.url.replace(/^https?/i, (scheme) => scheme.toLowerCase());
}

type AuthInput = NonNullable<HttpInput['auth']>;

/** `https://user:password@host/`: the definition is published, so its URL loses both. */
function splitCredentials(url: string): { url: string; credentials: AuthInput | undefined } {
  const match = /^(https?:\/\/)([^/?#]*)@(.*)$/s.exec(url);
  if (match === null) return { url, credentials: undefined };
  const [, scheme = '', userinfo = '', rest = ''] = match;
  const colon = userinfo.indexOf(':');
  const username = colon < 0 ? userinfo : userinfo.slice(0, colon);
  const password = colon < 0 ? '' : userinfo.slice(colon + 1);
  const decoded = { username: percentDecoded(username), password: percentDecoded(password) };
  return { url: scheme + rest, credentials: { basic: decoded } };
}

function percentDecoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw misfit('/url', 'has credentials that are not percent-encoded properly');
  }
}

function completeAuth(input: AuthInput | undefined, secrets: SecretCollector): HttpAuth | null {
  if (input === undefined) return null;
  if ('bearer' in input) {
    return { scheme: 'bearer', token: secrets.conceal(input.bearer, 'http.auth.token') };
  }
  return {
    scheme: 'basic',
    username: input.basic.username,
    password: secrets.conceal(input.basic.password, 'http.auth.password'),
  };
}
