/**
 * What is usual of one facet of a monitor's answers: the few values that it has, and how seldom that
 * changes.
 *
 *     learning -- twenty answers, and nothing new for long enough --> steady
 *     learning -- a new value --------------------------------------> learning   (from the beginning)
 *     steady   -- a new value --------------------------------------> steady     (it is odd, and not
 *                                                                     learnt: `shape.ts` says when)
 *     steady   -- a new value is learnt ----------------------------> learning
 *
 * Long enough is an hour, or a day for the hash of the content, which whoever edits a page changes. It is
 * eight times as long for each change that is remembered; a change weighs half as much after 14 days. So
 * what changes at every request, or every hour, is never judged; what changes with a release every few
 * days is told of once or twice, and then no more.
 */
import { FACETS, type Facet, type FacetValue, type Form } from './form.ts';

export interface KnownFacet {
  /** The newest last. */
  readonly values: readonly FacetValue[];
  /** Odd ones that came and went, or are here to stay, and might be usual. */
  readonly strange: readonly StrangeValue[];
  /** When a value was learnt last. */
  readonly sinceMs: number;
  /** Answers since then, counted up to twenty. */
  readonly answers: number;
  /** Changes that are remembered, as they weighed at `sinceMs`. */
  readonly changes: number;
}

interface StrangeValue {
  readonly value: FacetValue;
  /** How often it came. */
  readonly times: number;
  /** When it came last; earlier releases did not note it. */
  readonly sinceMs?: number;
  /** When it was seen last. */
  readonly lastMs: number;
}

export type Facets = Readonly<Partial<Record<Facet, KnownFacet>>>;

const HOUR_MS = 3_600_000;
const STEADY_MS = 1 * HOUR_MS;
const STEADY_BODY_MS = 24 * HOUR_MS;
const MIN_ANSWERS = 20;
const PATIENCE = 8;
const HALF_LIFE_MS = 14 * 24 * HOUR_MS;
const MAX_VALUES = 6;
const MAX_STRANGE = 3;
/** A value that came so often, and was not seen for so long between, is one that it usually has too. */
const USUAL_AFTER = 3;
const APART_MS = 10 * 60_000;
/** Whatever lasts for so long is usual. */
export const ACCEPTED_AFTER_MS = 1 * HOUR_MS;

export interface ReadForm {
  readonly facets: Facets;
  /** Values that no steady facet knows. */
  readonly odd: Form;
  /** Whether any facet is steady: otherwise nothing can be said. */
  readonly isJudged: boolean;
}

/** Learns what facets that are not steady say, and finds what is odd about the others. */
export function readForm(before: Facets, form: Form, atMs: number): ReadForm {
  let facets = before;
  const odd: { [facet in Facet]?: FacetValue } = {};
  let isJudged = false;
  for (const facet of FACETS) {
    const value = form[facet];
    if (value === undefined) continue;
    const known = facets[facet];
    const isJudge = known !== undefined && isSteady(facet, known, atMs);
    if (isJudge) isJudged = true;
    if (isJudge && !knows(facet, known, value)) {
      odd[facet] = value;
      continue;
    }
    const now = heard(facet, known, value, atMs);
    if (now !== known) facets = { ...facets, [facet]: now };
  }
  return { facets, odd, isJudged };
}

/** Takes these values as usual from now on. */
export function learnForm(before: Facets, form: Form, atMs: number): Facets {
  let facets = before;
  for (const facet of FACETS) {
    const value = form[facet];
    if (value === undefined) continue;
    facets = { ...facets, [facet]: learnt(facet, facets[facet], value, atMs) };
  }
  return facets;
}

/** Odd values that too few regions see: one that came often enough, or lasts for long enough, is learnt. */
export function noteStrange(before: Facets, form: Form, atMs: number): Facets {
  let facets = before;
  for (const facet of FACETS) {
    const value = form[facet];
    const known = facets[facet];
    if (value === undefined || known === undefined) continue;
    const last = known.strange.find((one) => one.value === value);
    const now = seenAgain(last ?? { value, times: 0, lastMs: -Infinity }, atMs);
    const others = known.strange.filter((one) => one.value !== value).slice(1 - MAX_STRANGE);
    facets = {
      ...facets,
      [facet]: isAsUsual(now, atMs)
        ? learnt(facet, known, value, atMs)
        : { ...known, strange: [...others, now] },
    };
  }
  return facets;
}

/** Without an absence before it, it has come no second time. */
function seenAgain({ value, times, sinceMs, lastMs }: StrangeValue, atMs: number): StrangeValue {
  return atMs - lastMs < APART_MS
    ? { value, times, sinceMs: sinceMs ?? lastMs, lastMs: atMs }
    : { value, times: times + 1, sinceMs: atMs, lastMs: atMs };
}

function isAsUsual({ times, sinceMs = Infinity }: StrangeValue, atMs: number): boolean {
  return times >= USUAL_AFTER || atMs - sinceMs >= ACCEPTED_AFTER_MS;
}

/** Whether it has been the same for so long that another value is odd. */
export function isSteady(facet: Facet, known: KnownFacet, atMs: number): boolean {
  const longEnough = leastMs(facet) * PATIENCE ** changesAt(known, atMs);
  return known.answers >= MIN_ANSWERS && atMs - known.sinceMs >= longEnough;
}

const leastMs = (facet: Facet): number => (facet === 'body' ? STEADY_BODY_MS : STEADY_MS);

function changesAt({ changes, sinceMs }: KnownFacet, atMs: number): number {
  return changes * 2 ** (-Math.max(0, atMs - sinceMs) / HALF_LIFE_MS);
}

/** A size next to a known one is known: it may be up to three times as large. */
function knows(facet: Facet, { values }: KnownFacet, value: FacetValue): boolean {
  if (values.includes(value)) return true;
  return facet === 'size' && values.some((known) => Math.abs(Number(known) - Number(value)) <= 1);
}

function heard(
  facet: Facet,
  known: KnownFacet | undefined,
  value: FacetValue,
  atMs: number,
): KnownFacet {
  if (known === undefined || !knows(facet, known, value)) return learnt(facet, known, value, atMs);
  const answers = Math.min(MIN_ANSWERS, known.answers + 1);
  // Sizes that grow slowly are followed, and are no change.
  const isNeighbour = !known.values.includes(value);
  if (answers === known.answers && !isNeighbour) return known;
  return { ...known, answers, values: isNeighbour ? withValue(known, value) : known.values };
}

function learnt(
  facet: Facet,
  known: KnownFacet | undefined,
  value: FacetValue,
  atMs: number,
): KnownFacet {
  if (known === undefined) {
    return { values: [value], strange: [], sinceMs: atMs, answers: 1, changes: 0 };
  }
  // Several regions bring what is new, and a first hour may have more than one value: one change.
  const isChange = atMs - known.sinceMs >= leastMs(facet);
  return {
    values: withValue(known, value),
    strange: known.strange.filter((one) => one.value !== value),
    sinceMs: atMs,
    answers: 1,
    changes: changesAt(known, atMs) + Number(isChange),
  };
}

function withValue({ values }: KnownFacet, value: FacetValue): FacetValue[] {
  return [...values.filter((one) => one !== value), value].slice(-MAX_VALUES);
}
