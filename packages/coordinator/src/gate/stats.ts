/** What the gate has decided since this coordinator started. */
import type { GateOutcome } from '@trustmonitor/protocol';
import { OPA_FAULTS, type OpaFault } from './opa.ts';

export class GateStats {
  readonly decisions: Record<GateOutcome, number> = { allowed: 0, refused: 0, indeterminate: 0 };
  readonly faults: Record<OpaFault, number>;

  constructor() {
    this.faults = Object.fromEntries(OPA_FAULTS.map((fault) => [fault, 0])) as typeof this.faults;
  }

  count(outcome: GateOutcome, fault: OpaFault | null): void {
    this.decisions[outcome] += 1;
    if (fault !== null) this.faults[fault] += 1;
  }
}
