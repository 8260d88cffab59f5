/**
 * The form of an HTTP answer: what of it is usually the same, whatever it says. A page of errors that
 * is sent as 200, a login page instead of data, an empty list of a database that lost its rows: all of
 * them are up, and have another form.
 */
import { MAX_SHAPED_BYTES, type Observation } from '@trustmonitor/protocol';

/** In the order in which they are told of. */
export const FACETS = ['status', 'redirect', 'type', 'json', 'size', 'headers', 'body'] as const;
export type Facet = (typeof FACETS)[number];

/** Digests are numbers of 48 bits, which chance alone does not make equal; what people read is text. */
export type FacetValue = string | number;

/**
 * What an answer does not say (it comes from an older agent, no hash is kept, its JSON is too large to be
 * looked at) is left out.
 */
export type Form = Readonly<Partial<Record<Facet, FacetValue>>>;

/** Of a content that is no JSON, and of an answer that led nowhere. */
export const NONE = '';
const MAX_TEXT = 120;
const DIGEST_DIGITS = 12;

/** Null where there was no HTTP answer. */
export function formOf(response: Observation | null): Form | null {
  if (response === null || response.status === null) return null;
  const { status, headers, redirects, shape, bodyBytes, bodySha256 } = response;
  const json = jsonOf(response);
  return {
    status,
    redirect: (redirects.at(-1) ?? NONE).slice(0, MAX_TEXT),
    type: mediaTypeOf(headers['content-type'] ?? NONE),
    ...(shape === undefined ? {} : { headers: numberOf(shape.headers) }),
    ...(json === null ? {} : { json }),
    ...(bodyBytes === null ? {} : { size: sizeClassOf(bodyBytes) }),
    ...(bodySha256 === null ? {} : { body: numberOf(bodySha256) }),
  };
}

const mediaTypeOf = (contentType: string): string =>
  (contentType.split(';')[0] ?? NONE).trim().toLowerCase().slice(0, MAX_TEXT);

const numberOf = (hex: string): number => Number.parseInt(hex.slice(0, DIGEST_DIGITS), 16);

/** Null where nobody looked whether it is JSON. */
function jsonOf({ shape, bodyBytes, bodySha256 }: Observation): FacetValue | null {
  if (shape === undefined) return null;
  if (shape.json !== null) return numberOf(shape.json);
  const isLookedAt = bodySha256 !== null && (bodyBytes ?? Infinity) <= MAX_SHAPED_BYTES;
  return isLookedAt ? NONE : null;
}

/** Each is twice the one before: 0, 1, 2 to 3 bytes, ... */
function sizeClassOf(bytes: number): number {
  return Math.round(Math.log2(bytes + 1));
}

/** Bytes, about. */
export function bytesOfClass(sizeClass: number): number {
  return Math.round(2 ** sizeClass) - 1;
}
