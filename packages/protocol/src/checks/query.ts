/** Parameters of a URL's query that are secret: kept out of the URL, which is published. */
import Type, { type Static } from 'typebox';
import { SecretRef } from './common.ts';
import { misfit, type SecretCollector, TextInput } from './input.ts';

const Name = Type.String({ minLength: 1, maxLength: 128 });

/** Appended to the URL's query when it is requested; never sent to another origin. */
export const SecretQuery = Type.Record(Name, SecretRef);
export type SecretQuery = Static<typeof SecretQuery>;

export const SecretQueryInput = Type.Record(Name, TextInput);
export type SecretQueryInput = Static<typeof SecretQueryInput>;

/** Parameters that carry credentials by their nature, even when nobody marked them as secret. */
const CREDENTIAL_PARAMETERS: ReadonlySet<string> = new Set([
  'access_token',
  'api-key',
  'api_key',
  'apikey',
  'auth_token',
  'client_secret',
  'key',
  'password',
  'secret',
  'sig',
  'signature',
  'token',
  'x-amz-security-token',
  'x-amz-signature',
]);

/** Names and values, decoded (https://url.spec.whatwg.org/#urlencoded-parsing). */
function parameterOf(part: string): { name: string; value: string } {
  const equals = part.indexOf('=');
  const [name, value] = equals < 0 ? [part, ''] : [part.slice(0, equals), part.slice(equals + 1)];
  return { name: decoded(name), value: decoded(value) };
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    throw misfit('/url', 'has a query that is not percent-encoded properly');
  }
}

/** The first parameter of a URL's query that is a credential by its name. */
export function credentialIn(url: string): string | undefined {
  const search = /\?([^#]*)/.exec(url)?.[1] ?? '';
  return search
    .split('&')
    .map((part) => parameterOf(part).name)
    .find(isCredential);
}

function isCredential(parameter: string): boolean {
  return CREDENTIAL_PARAMETERS.has(parameter.toLowerCase());
}

/** The URL without its secret parameters, and those. The order of the others stays. */
export function concealQuery(
  url: string,
  input: SecretQueryInput,
  secrets: SecretCollector,
): { url: string; query: SecretQuery } {
  const [, base = url, search, fragment = ''] = /^([^?#]*)(?:\?([^#]*))?(#.*)?$/s.exec(url) ?? [];
  const query: SecretQuery = {};
  const kept = (search ?? '').split('&').filter((part) => {
    const { name, value } = parameterOf(part);
    if (!isCredential(name) || value === '') return true;
    if (name in query || name in input) throw misfit('/url', `has ${name} more than once`);
    query[name] = secrets.conceal(value, `http.query.${encodeURIComponent(name)}`);
    return false;
  });
  for (const [name, value] of Object.entries(input)) {
    query[name] = secrets.conceal(value, `http.query.${encodeURIComponent(name)}`);
  }
  const rest = search === undefined || kept.length === 0 ? '' : `?${kept.join('&')}`;
  return { url: base + rest + fragment, query };
}
