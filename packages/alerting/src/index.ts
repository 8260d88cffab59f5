export { severityOf, type Severity } from './severity.ts';
export { estimateOf, type Estimate } from './baseline/estimate.ts';
export { estimateOfHour, type HourOfDay } from './baseline/hour.ts';
export type { Reading } from './baseline/judge.ts';
export {
  UNKNOWN_LATENCY,
  observeRound,
  outliersOf,
  withHourly,
  type AnomalyRules,
  type LatencySample,
  type LatencyState,
} from './baseline/latency.ts';
export { inMicros, summariesOf, type BaselineSummary } from './baseline/summary.ts';
export {
  maintenanceOf,
  type InMaintenance,
  type PlannedWindow,
} from './maintenance/maintenance-of.ts';
export { occurrencesFrom, requireSchedule, type Occurrence } from './maintenance/occurrences.ts';
