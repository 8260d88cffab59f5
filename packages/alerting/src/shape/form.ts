/**
 * The form of an HTTP answer: what of it is usually the same, whatever it says. A page of errors that
 * is sent as 200, a login page instead of data, an empty list of a database that lost its rows: all of
 * them are up, and have another form.
 */
import type { Observation } from '@trustmonitor/protocol';

/** In the order in which they are told of. */
export const FACETS = ['status', 'redirect', 'type', 'json', 'size', 'headers', 'body'] as const;
export type Facet = (typeof FACETS)[number];

/** Digests are numbers of 48 bits, which chance alone does not make equal; what people read is text. */
export type FacetValue = string | number;

/** What an answer does not say (it comes from an older agent, or no hash is kept) is left out. */
export type Form = Readonly<Partial<Record<Facet, FacetValue>>>;

/** Of a content that is no JSON, and of an answer that led nowhere. */
export const NONE = '';
const MAX_TEXT = 120;
const DIGEST_DIGITS = 12;

/** Null where there was no HTTP answer. */
export function formOf(response: Observation | null): Form | null {
  if (response === null || response.status === null) return null;
  const { status, headers, redirects, shape, bodyBytes, bodySha256 } = response;
  return {
    status,
    redirect: (redirects.at(-1) ?? NONE).slice(0, MAX_TEXT),
    type: mediaTypeOf(headers['content-type'] ?? NONE),
    ...(shape === undefined ? {} : { headers: numberOf(shape.headers), json: jsonOf(shape.json) }),
    ...(bodyBytes === null ? {} : { size: sizeClassOf(bodyBytes) }),
    ...(bodySha256 === null ? {} : { body: numberOf(bodySha256) }),
  };
}

const mediaTypeOf = (contentType: string): string =>
  (contentType.split(';')[0] ?? NONE).trim().toLowerCase().slice(0, MAX_TEXT);

const numberOf = (hex: string): number => Number.parseInt(hex.slice(0, DIGEST_DIGITS), 16);

const jsonOf = (digest: string | null): FacetValue => (digest === null ? NONE : numberOf(digest));

/** Each is twice the one before: 0, 1, 2 to 3 bytes, ... */
function sizeClassOf(bytes: number): number {
  return Math.round(Math.log2(bytes + 1));
}

/** Bytes, about. */
export function bytesOfClass(sizeClass: number): number {
  return Math.round(2 ** sizeClass) - 1;
}
