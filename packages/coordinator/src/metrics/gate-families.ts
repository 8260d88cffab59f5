/** What the gate decided here. Not by service: who asks chooses the names. */
import type { GateStats } from '../gate/stats.ts';
import type { Family } from './exposition.ts';
import { byLabel } from './loop-families.ts';

export const gateFamilies = ({ decisions, faults }: GateStats): Family[] => [
  byLabel('trustmonitor_gate_decisions_total', 'Decisions of the gate.', 'outcome', decisions),
  byLabel(
    'trustmonitor_gate_policy_faults_total',
    'Times that Open Policy Agent gave the gate no answer to rely on.',
    'fault',
    faults,
  ),
];
