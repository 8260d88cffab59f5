/** Monitors of another tool on their way into a monitors file. */
import {
  completeMonitor,
  isTrustMonitorError,
  monitorInputParser,
  slugOf,
  type MonitorInput,
} from '@trustmonitor/protocol';
import type { Fields } from './values.ts';

/** Something that could not be translated, or not quite: where, why, and what to do instead. */
export interface Note {
  /** `gatus.yaml:12:5 Shop`, `monitor 7 "Shop"`. */
  readonly where: string;
  readonly what: string;
}

/** A monitor as it will be written; values may still be wrong. */
export interface Draft {
  readonly where: string;
  readonly input: Readonly<Record<string, unknown>> & { readonly name: string };
  /** Each is checked by itself, and left out with a note where it does not hold for the kind. */
  readonly assertions: readonly DraftAssertion[];
}

export interface DraftAssertion {
  readonly text: string;
  /** As the other tool wrote it. */
  readonly source: string;
}

/** What a kind adds to a monitor: type, target, block. */
export interface Probe {
  readonly input: Fields;
  readonly assertions: readonly DraftAssertion[];
}

export type Probed = Probe | { readonly why: string };

/** Says what was left out of a monitor. */
export type Say = (what: string) => void;

export interface Imported {
  readonly monitors: readonly MonitorInput[];
  readonly notes: readonly Note[];
}

/**
 * Makes each draft a monitor that `validate` accepts, with an id of its own; what is left out is
 * noted. `standIn` is what a value is checked as where it is not known yet.
 */
export function settle(
  drafts: readonly Draft[],
  notes: readonly Note[],
  standIn: (input: unknown) => unknown = (input) => input,
): Imported {
  const said: Note[] = [...notes];
  const ids = new Set<string>();
  const monitors = drafts.flatMap(({ where, input, assertions }): MonitorInput[] => {
    const faultOf = (written: object) => checked(standIn(written));
    const fault = faultOf(input);
    if (fault !== null) {
      said.push({ where, what: `was left out: ${fault}` });
      return [];
    }
    const holding = assertions.filter(({ text, source }) => {
      const wrong = faultOf({ ...input, assertions: [text] });
      if (wrong !== null) said.push({ where, what: `"${source}" was left out: ${wrong}` });
      return wrong === null;
    });
    const texts = holding.map(({ text }) => text);
    const id = freeId(input, ids);
    const complete = { id, ...input, ...(texts.length === 0 ? {} : { assertions: texts }) };
    return [complete];
  });
  return { monitors, notes: said };
}

function checked(input: unknown): string | null {
  try {
    completeMonitor(monitorInputParser.parse(input));
    return null;
  } catch (error) {
    if (!isTrustMonitorError(error)) throw error;
    return [error.message, error.hint].filter(Boolean).join('. ');
  }
}

/** From the name; with the group before it, or a number behind, where that is taken. */
function freeId({ name, group }: Record<string, unknown>, ids: Set<string>): string {
  const plain = slug(String(name));
  const grouped = typeof group === 'string' ? slug(`${group} ${String(name)}`) : plain;
  let id = ids.has(plain) ? grouped : plain;
  for (let i = 2; ids.has(id); i++) id = `${grouped.slice(0, 59)}-${i}`;
  ids.add(id);
  return id;
}

function slug(name: string): string {
  try {
    return slugOf(name);
  } catch {
    return 'monitor';
  }
}

/** A whole number of seconds in our words; at least a second, at most a day. */
export function intervalOf(seconds: number): string {
  return `${Math.min(86_400, Math.max(1, Math.round(seconds)))}s`;
}
