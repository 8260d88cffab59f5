/**
 * Decisions of the gate, held to what the log had told by then. A decision says how many leaves the
 * log had when it read the incidents; each incident of its monitors that is open after exactly so many
 * leaves has to be among them.
 */
import type { GatePredicate, IncidentPredicate } from '@trustmonitor/protocol';
import type { Findings } from './report.ts';

interface Told {
  readonly monitor: string;
  /** Leaf of its first record. */
  readonly openedIn: number;
  /** Leaf of the record that resolved it; null while it is open. */
  readonly resolvedIn: number | null;
}

export class GateDecisions {
  readonly #findings: Findings;
  readonly #incidents = new Map<string, Told>();
  #count = 0;

  constructor(findings: Findings) {
    this.#findings = findings;
  }

  /** A record of an incident, in the order of the log. */
  noteRecord(index: number, { incident, monitor, resolvedAt }: IncidentPredicate): void {
    const known = this.#incidents.get(incident);
    this.#incidents.set(incident, {
      monitor,
      openedIn: known?.openedIn ?? index,
      resolvedIn: known?.resolvedIn ?? (resolvedAt === null ? null : index),
    });
  }

  add(index: number, { facts }: GatePredicate): void {
    this.#count += 1;
    const { logSize, monitors, disabledMonitors, incidents } = facts;
    if (logSize === null || logSize > index) {
      this.#fault(index, `it says that the log had ${logSize ?? 'no'} leaves before it`);
      return;
    }
    const asked = new Set([...monitors.map(({ monitor }) => monitor), ...disabledMonitors]);
    const named = new Set(incidents.map(({ incident }) => incident));
    for (const [incident, { monitor, openedIn, resolvedIn }] of this.#incidents) {
      const wasOpen = openedIn < logSize && (resolvedIn === null || resolvedIn >= logSize);
      if (!wasOpen || !asked.has(monitor) || named.has(incident)) continue;
      this.#fault(index, `it leaves out incident ${incident} of ${monitor}, which was open`);
    }
  }

  finish(): void {
    const decisions = this.#count === 1 ? '1 decision' : `${this.#count} decisions`;
    this.#findings.done('decision.complete', `${decisions}, each with all incidents then open`);
  }

  #fault(index: number, detail: string): void {
    this.#findings.fault('decision.complete', `leaf ${index}: ${detail}`);
  }
}
