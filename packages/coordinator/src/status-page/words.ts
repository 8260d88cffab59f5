/** States and times as people read them. */
import type { Verdict } from '@trustmonitor/protocol';
import type { PublicStep } from '../store/status-pages.ts';
import { STATES, type IncidentView, type State } from './view.ts';

export const STATE_WORDS: Readonly<Record<State, string>> = {
  operational: 'Operational',
  degraded: 'Slow or failing in part',
  partial: 'Down for some regions',
  down: 'Down',
  maintenance: 'In maintenance',
  unknown: 'Not known',
};

export const HEADLINES: Readonly<Record<State, string>> = {
  operational: 'All systems operational',
  degraded: 'Some systems are slow or fail in part',
  partial: 'Some systems are down for some regions',
  down: 'Some systems are down',
  maintenance: 'Maintenance is under way',
  unknown: 'The state of some systems is not known',
};

/** A shape beside each colour: colour alone says nothing to many people. */
export const STATE_SIGNS: Readonly<Record<State, string>> = {
  operational: '✓',
  degraded: '~',
  partial: '◐',
  down: '✕',
  maintenance: '⚒',
  unknown: '?',
};

const STEP_WORDS = {
  open: 'Confirmed and recorded',
  update: 'Changed',
  resolve: 'Resolved',
  amend: 'Closed by hand',
} as const;

/** `Changed: down for some regions` */
function stepWords(step: PublicStep['step'], verdict: Verdict | null): string {
  if (verdict === null) return STEP_WORDS[step];
  const state = STATE_WORDS[STATES[verdict]];
  return `${STEP_WORDS[step]}: ${state.charAt(0).toLowerCase()}${state.slice(1)}`;
}

/** One thing that the public is told of an incident. */
export interface StoryEntry {
  /** The digest of a signed record in hex, or the id of a note. */
  readonly id: string;
  readonly at: string;
  readonly words: string;
  /** A signed step, or what somebody wrote. */
  readonly kind: 'record' | 'note';
  /** Whether the incident was over by then. */
  readonly isOver: boolean;
}

/** What is signed and what people say of it, oldest first. */
export function storyOf(incident: IncidentView): StoryEntry[] {
  const { steps, notes, resolvedAtMs } = incident;
  const isOver = (at: string): boolean => resolvedAtMs !== null && Date.parse(at) >= resolvedAtMs;
  const records = steps.map(({ at, step, verdict, digest }): StoryEntry => {
    const words = stepWords(step, verdict);
    return {
      ...{ id: digest, at, kind: 'record', isOver: step === 'resolve' || step === 'amend' },
      words: step === 'open' ? `${words}. ${agreementOf(incident)}` : words,
    };
  });
  const said = notes.map(({ id, at, note }): StoryEntry => ({
    id,
    at,
    words: note,
    kind: 'note',
    isOver: isOver(at),
  }));
  return [...records, ...said].toSorted((a, b) => Date.parse(a.at) - Date.parse(b.at));
}

export function incidentTitle({ component, kind, resolvedAtMs }: IncidentView): string {
  const what = kind === 'down' ? 'down' : 'down for some regions';
  return `${component.name} ${resolvedAtMs === null ? 'is' : 'was'} ${what}`;
}

/** `3 of 5 regions agreed when it began` */
export function agreementOf({ regionsDown, regions }: IncidentView): string {
  return `${regionsDown} of ${regions} regions agreed when it began`;
}

/** What binary fractions are off by: 0.29 of 100,000 is 28,999.999999999996. */
const ROUNDING = 1e-6;

/** `99.953 %`; rounded down, so that 100 % means 100 %. */
export function percent(share: number): string {
  const scaled = Math.floor(share * 100_000 + (share < 1 - ROUNDING ? ROUNDING : 0));
  return `${(scaled / 1_000).toString()} %`;
}

/** `2026-01-31 12:00 UTC` */
export function timeWords(atMs: number): string {
  const text = new Date(atMs).toISOString();
  return `${text.slice(0, 10)} ${text.slice(11, 16)} UTC`;
}

export const dayWords = (atMs: number): string => new Date(atMs).toISOString().slice(0, 10);

/** In the two largest units: `1 h 5 min`. */
export function durationWords(ms: number): string {
  const minutes = Math.max(1, Math.round(ms / 60_000));
  if (minutes < 60) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  if (hours < 24) return minutes % 60 === 0 ? `${hours} h` : `${hours} h ${minutes % 60} min`;
  const days = Math.floor(hours / 24);
  return hours % 24 === 0 ? `${days} d` : `${days} d ${hours % 24} h`;
}

/** When it was and how long, or since when it is. */
export function spanWords({ openedAtMs, resolvedAtMs }: IncidentView, nowMs: number): string {
  const since = `since ${timeWords(openedAtMs)}`;
  if (resolvedAtMs === null) return `Open ${since} (${durationWords(nowMs - openedAtMs)})`;
  return `${timeWords(openedAtMs)}, for ${durationWords(resolvedAtMs - openedAtMs)}`;
}
