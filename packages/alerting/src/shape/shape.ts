/**
 * When the form of a monitor's answers is an anomaly: it has been the same for long, and most regions
 * see another one, for several rounds. What is usual is kept for the monitor and not for each region:
 * regions may see different forms (a CDN adds its headers), and all of those are usual. When regions agree:
 * `agreement.ts`.
 *
 *     odd   -- the regions do not agree that it lasts -----> strange   (learnt after three such times)
 *     odd   -- they agree: an anomaly --------------------> held
 *     held  -- answers have a usual form again -----------> forgotten
 *     held  -- for an hour -------------------------------> usual
 */
import {
  NO_AGREEMENT,
  agree,
  remembered,
  type Agreement,
  type AgreementRules,
  type Level,
  type Voter,
} from '../baseline/agreement.ts';
import { learnForm, noteStrange, readForm, type Facets } from './facets.ts';
import type { Form } from './form.ts';

export interface FormSample {
  readonly region: string;
  readonly form: Form;
}

export interface ShapeState extends Agreement {
  readonly facets: Facets;
  readonly regions: ReadonlyMap<string, SeenForm>;
  /** What was odd since the run of rounds began, while nothing is anomalous. */
  readonly suspect: Form;
  /** While anomalous: when that began. */
  readonly beganMs: number | null;
}

interface SeenForm {
  /** Null while nothing is steady. */
  readonly level: Level | null;
  readonly odd: Form;
  readonly lastRound: number;
}

export interface ShapeStep {
  readonly state: ShapeState;
  /** `accepted`: over, as what was new has lasted for so long that it is what is usual. */
  readonly change: 'began' | 'ended' | 'accepted' | null;
}

/** So long another form is an anomaly; then it is what is usual. */
const ACCEPTED_AFTER_MS = 3_600_000;
const USUAL: Form = {};

export const UNKNOWN_SHAPE: ShapeState = {
  ...{ ...NO_AGREEMENT, facets: {}, regions: new Map(), suspect: USUAL, beganMs: null },
};

/** From what is stored; `beganMs`: of an anomaly that goes on. */
export function restoredShape(facets: Facets, beganMs: number | null): ShapeState {
  return { ...UNKNOWN_SHAPE, facets, beganMs, isAnomalous: beganMs !== null };
}

/** Rounds come in order of time. Those without an answer change nothing. */
export function observeForms(
  before: ShapeState,
  atMs: number,
  samples: readonly FormSample[],
  rules: AgreementRules,
): ShapeStep {
  if (samples.length === 0) return { state: before, change: null };
  const rounds = before.rounds + 1;
  const regions = remembered(before.regions, rounds);
  let { facets, suspect } = before;
  for (const { region, form } of samples) {
    const read = readForm(facets, form, atMs);
    facets = isAccepted(before, atMs) ? learnForm(read.facets, read.odd, atMs) : read.facets;
    const isOdd = Object.keys(read.odd).length > 0;
    if (isOdd) suspect = { ...suspect, ...read.odd };
    const level = isOdd ? 'outlier' : read.isJudged ? 'usual' : null;
    regions.set(region, { level, odd: read.odd, lastRound: rounds });
  }
  const heard = { ...before, facets, suspect, regions, rounds };
  const { state, change } = agree(heard, [...regions.values()].map(voterOf), atMs, rules);
  if (change === 'began') return { state: { ...state, beganMs: atMs }, change };
  if (change === 'ended') {
    const over = { ...state, beganMs: null, suspect: USUAL };
    return { state: over, change: isAccepted(before, atMs) ? 'accepted' : 'ended' };
  }
  return { state: state.isAnomalous ? state : settled(state, atMs), change };
}

/** No run goes on: what was odd came and went. */
function settled(state: ShapeState, atMs: number): ShapeState {
  if (state.run !== null || state.suspect === USUAL) return state;
  return { ...state, facets: noteStrange(state.facets, state.suspect, atMs), suspect: USUAL };
}

function isAccepted({ beganMs }: ShapeState, atMs: number): boolean {
  return beganMs !== null && atMs - beganMs >= ACCEPTED_AFTER_MS;
}

const voterOf = ({ level, lastRound }: SeenForm): Voter => ({
  hasBaseline: level !== null,
  level,
  lastRound,
});

/** The regions that see another form, and what is odd about it. */
export function oddFormsOf({ regions }: ShapeState): { region: string; odd: Form }[] {
  return [...regions].flatMap(([region, { level, odd }]) =>
    level === 'outlier' ? [{ region, odd }] : [],
  );
}
