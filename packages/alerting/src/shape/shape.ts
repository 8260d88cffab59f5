/**
 * When the form of a monitor's answers is an anomaly: it has been the same for long, and most regions
 * see another one, for several rounds. What is usual is kept for the monitor and not for each region:
 * regions may see different forms (a CDN adds its headers), and all of those are usual. When regions agree:
 * `agreement.ts`.
 *
 *     odd   -- the regions do not agree that it lasts -----> strange   (learnt when it came three times
 *                                                                     with ten minutes without it
 *                                                                     between, or after an hour)
 *     odd   -- they agree: an anomaly --------------------> held
 *     held  -- answers have a usual form again -----------> forgotten
 *     held  -- for an hour -------------------------------> usual
 */
import {
  NO_AGREEMENT,
  agree,
  remembered,
  reopenedRun,
  type Agreement,
  type AgreementRules,
  type Level,
  type Voter,
} from '../baseline/agreement.ts';
import { ACCEPTED_AFTER_MS, learnForm, noteStrange, readForm, type Facets } from './facets.ts';
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
  /** Whether anything was steady by which it was judged. */
  readonly isJudged: boolean;
  /** Null where it was not judged; and after a restart, until it is heard. */
  readonly level: Level | null;
  readonly odd: Form;
  readonly lastRound: number;
}

export interface ShapeStep {
  readonly state: ShapeState;
  /** `accepted`: over, as what was new has lasted for so long that it is what is usual. */
  readonly change: 'began' | 'ended' | 'accepted' | null;
}

const USUAL: Form = {};

export const UNKNOWN_SHAPE: ShapeState = {
  ...{ ...NO_AGREEMENT, facets: {}, regions: new Map(), suspect: USUAL, beganMs: null },
};

/** An anomaly that has begun and not ended, and the regions that are asked. */
export interface OpenShapeAnomaly {
  readonly beganAtMs: number;
  readonly regions: ReadonlySet<string>;
}

/** From what is stored. What the regions of an anomaly that goes on see is not known until they are heard. */
export function restoredShape(
  facets: Facets,
  open: OpenShapeAnomaly | null,
  rules: AgreementRules,
): ShapeState {
  if (open === null) return { ...UNKNOWN_SHAPE, facets };
  const { beganAtMs, regions } = open;
  const { rounds } = UNKNOWN_SHAPE;
  const unheard: SeenForm = { isJudged: true, level: null, odd: USUAL, lastRound: rounds };
  return {
    ...{ ...UNKNOWN_SHAPE, facets, beganMs: beganAtMs, isAnomalous: true },
    regions: new Map([...regions].map((region) => [region, unheard])),
    run: reopenedRun(beganAtMs, rounds, regions.size, rules),
  };
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
    const { odd, isJudged } = read;
    const isOdd = Object.keys(odd).length > 0;
    if (isOdd) suspect = { ...suspect, ...odd };
    const level = isOdd ? 'outlier' : isJudged ? 'usual' : null;
    regions.set(region, { isJudged, level, odd, lastRound: rounds });
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

/** No run goes on: what is odd is no anomaly. */
function settled(state: ShapeState, atMs: number): ShapeState {
  if (state.run !== null || state.suspect === USUAL) return state;
  return { ...state, facets: noteStrange(state.facets, state.suspect, atMs), suspect: USUAL };
}

function isAccepted({ beganMs }: ShapeState, atMs: number): boolean {
  return beganMs !== null && atMs - beganMs >= ACCEPTED_AFTER_MS;
}

const voterOf = ({ isJudged: hasBaseline, level, lastRound }: SeenForm): Voter => ({
  hasBaseline,
  level,
  lastRound,
});

/** The regions that see another form, and what is odd about it. */
export function oddFormsOf({ regions }: ShapeState): { region: string; odd: Form }[] {
  return [...regions].flatMap(([region, { level, odd }]) =>
    level === 'outlier' ? [{ region, odd }] : [],
  );
}
