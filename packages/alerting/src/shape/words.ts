/** What people are told of answers that have another form than usual. */
import type { Facets } from './facets.ts';
import { FACETS, NONE, bytesOfClass, type Facet, type FacetValue, type Form } from './form.ts';

type Words = (is: FacetValue, was: FacetValue) => string;

const WORDS: Readonly<Record<Facet, Words>> = {
  status: (is, was) => `the status is ${is}, was ${was}`,
  redirect: (is, was) =>
    is === NONE ? `it leads nowhere, led to ${was}` : `it leads to ${is}, led ${whither(was)}`,
  type: (is, was) => `the content type is ${named(is)}, was ${named(was)}`,
  json: (is, was) => {
    if (is === NONE) return 'the content is no JSON any more';
    return was === NONE ? 'the content is JSON' : 'the JSON has other keys or types';
  },
  size: (is, was) =>
    `the content has about ${bytesOfClass(Number(is))} bytes, had ${bytesOfClass(Number(was))}`,
  headers: () => 'the headers have other names',
  body: () => 'the content is another one',
};

/**
 * `the content type is text/html, was application/json; the content is no JSON any more (eu, us)`, as the
 * first of the regions sees it; empty of nothing.
 */
export function shapeWords(
  seen: readonly { readonly region: string; readonly odd: Form }[],
  facets: Facets,
): string {
  const [first] = seen;
  if (first === undefined) return '';
  const told = FACETS.flatMap((facet) => {
    const is = first.odd[facet];
    const was = facets[facet]?.values.at(-1);
    return is === undefined || was === undefined ? [] : [WORDS[facet](is, was)];
  });
  const regions = seen.map(({ region }) => region).toSorted();
  return `${told.join('; ')} (${regions.join(', ')})`;
}

const whither = (was: FacetValue): string => (was === NONE ? 'nowhere' : `to ${was}`);
const named = (type: FacetValue): FacetValue => (type === NONE ? 'none' : type);
