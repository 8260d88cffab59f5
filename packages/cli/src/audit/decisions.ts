/**
 * Decisions of the gate, held to what the log had told by then. A decision says how many leaves the
 * log had when it read the incidents; each incident of its monitors that is open after exactly so many
 * leaves has to be among them.
 *
 * That number has to be of the time at which it was decided, or incidents could be left out by an old one:
 * no record between it and the decision may be from minutes before. The times are those of coordinators,
 * whose clocks may differ a little.
 */
import type { GatePredicate, IncidentPredicate } from '@trustmonitor/protocol';
import type { Findings } from './report.ts';

/** Between two clocks; and from a record's time to its place in the log. */
const APART_MS = 120_000;

interface Told {
  readonly incident: string;
  /** Leaf of its first record. */
  readonly openedIn: number;
  /** Leaf of the record that resolved it; null while it is open. */
  readonly resolvedIn: number | null;
}

/** The incidents of one monitor. */
interface MonitorHistory {
  readonly open: Map<string, Told>;
  /** In the order in which the log resolved them. */
  readonly resolved: Told[];
  /** Their ids. */
  readonly over: Set<string>;
}

interface Recorded {
  readonly index: number;
  readonly atMs: number;
}

export class GateDecisions {
  readonly #findings: Findings;
  readonly #monitors = new Map<string, MonitorHistory>();
  /** Every record of an incident, in the order of the log. */
  readonly #records: Recorded[] = [];
  #count = 0;

  constructor(findings: Findings) {
    this.#findings = findings;
  }

  /** A record of an incident, in the order of the log. */
  noteRecord(index: number, predicate: IncidentPredicate): void {
    const { incident, monitor, resolvedAt, recordedAt } = predicate;
    this.#records.push({ index, atMs: Date.parse(recordedAt) });
    const { open, resolved, over } = this.#historyOf(monitor);
    // Corrections come after the end.
    if (over.has(incident)) return;
    const told = open.get(incident) ?? { incident, openedIn: index, resolvedIn: null };
    if (resolvedAt === null) {
      open.set(incident, told);
      return;
    }
    open.delete(incident);
    over.add(incident);
    resolved.push({ ...told, resolvedIn: index });
  }

  add(index: number, { facts, recordedAt }: GatePredicate): void {
    this.#count += 1;
    const { logSize, monitors, disabledMonitors, incidents } = facts;
    if (logSize === null || logSize > index) {
      this.#fault(index, `it says that the log had ${logSize ?? 'no'} leaves before it`);
      return;
    }
    this.#checkTimes(index, logSize, Date.parse(facts.at), Date.parse(recordedAt));
    const asked = new Set([...monitors.map(({ monitor }) => monitor), ...disabledMonitors]);
    const named = new Set(incidents.map(({ incident }) => incident));
    for (const monitor of asked) {
      for (const { incident } of this.#openAt(monitor, logSize)) {
        if (named.has(incident)) continue;
        this.#fault(index, `it leaves out incident ${incident} of ${monitor}, which was open`);
      }
    }
  }

  finish(): void {
    const decisions = this.#count === 1 ? '1 decision' : `${this.#count} decisions`;
    this.#findings.done('decision.complete', `${decisions}, each with all incidents then open`);
  }

  #historyOf(monitor: string): MonitorHistory {
    const known = this.#monitors.get(monitor);
    if (known !== undefined) return known;
    const made: MonitorHistory = { open: new Map(), resolved: [], over: new Set() };
    this.#monitors.set(monitor, made);
    return made;
  }

  /** Open after so many leaves. */
  #openAt(monitor: string, logSize: number): Told[] {
    const history = this.#monitors.get(monitor);
    if (history === undefined) return [];
    const { open, resolved } = history;
    const later = resolved.findLastIndex(({ resolvedIn }) => (resolvedIn ?? 0) < logSize) + 1;
    const all = [...open.values(), ...resolved.slice(later)];
    return all.filter(({ openedIn }) => openedIn < logSize);
  }

  #checkTimes(index: number, logSize: number, factsMs: number, decidedMs: number): void {
    if (Math.abs(decidedMs - factsMs) > APART_MS) {
      this.#fault(index, 'its facts are of another time than the decision');
    }
    const last = this.#records.at(-1);
    if (last !== undefined && last.atMs > decidedMs + APART_MS) {
      this.#fault(index, `it is dated before leaf ${last.index}, which the log had before it`);
    }
    const missed = this.#firstFrom(logSize);
    if (missed !== undefined && missed.atMs < factsMs - APART_MS) {
      const had = `leaf ${missed.index}, which was recorded minutes before it`;
      this.#fault(index, `it says that the log had ${logSize} leaves, without ${had}`);
    }
  }

  /** The first record at this leaf or later. */
  #firstFrom(leaf: number): Recorded | undefined {
    let [low, high] = [0, this.#records.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#records[middle]?.index ?? leaf) < leaf) low = middle + 1;
      else high = middle;
    }
    return this.#records[low];
  }

  #fault(index: number, detail: string): void {
    this.#findings.fault('decision.complete', `leaf ${index}: ${detail}`);
  }
}
