/** What is known of the form of a monitor's answers, for people: a line for each facet. */
import { isSteady, type Facets } from './facets.ts';
import { FACETS, bytesOfClass, type Facet, type FacetValue } from './form.ts';

export interface FacetSummary {
  readonly facet: Facet;
  /** Whether another value would be odd; otherwise it is still learnt what is usual. */
  readonly isSteady: boolean;
  /** What is usual, the newest last: text, bytes (`size`), or a digest that only says same or other. */
  readonly values: readonly string[];
  /** When a value was learnt last. */
  readonly sinceMs: number;
}

const HEX_DIGITS = 12;

export function facetSummariesOf(facets: Facets, nowMs: number): FacetSummary[] {
  return FACETS.flatMap((facet) => {
    const known = facets[facet];
    if (known === undefined) return [];
    const values = known.values.map((value) => shown(facet, value));
    return [{ facet, isSteady: isSteady(facet, known, nowMs), values, sinceMs: known.sinceMs }];
  });
}

function shown(facet: Facet, value: FacetValue): string {
  if (facet === 'size') return String(bytesOfClass(Number(value)));
  if (facet === 'status' || typeof value === 'string') return String(value);
  return value.toString(16).padStart(HEX_DIGITS, '0');
}
