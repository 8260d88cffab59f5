export { changesSince, type Seen } from './changes/changes.ts';
export { isWorse, severityOf, type Severity } from './severity.ts';
export { estimateOf, type Estimate } from './baseline/estimate.ts';
export { estimateOfHour, type HourOfDay } from './baseline/hour.ts';
export type { HourlyEstimate } from './baseline/region.ts';
export {
  UNKNOWN_LATENCY,
  observeRound,
  outliersOf,
  withHourly,
  type AnomalyRules,
  type LatencySample,
  type LatencyState,
} from './baseline/latency.ts';
export {
  maintenanceOf,
  type InMaintenance,
  type PlannedWindow,
} from './maintenance/maintenance-of.ts';
export {
  nextOccurrence,
  occurrencesFrom,
  requireSchedule,
  type Occurrence,
} from './maintenance/occurrences.ts';
export {
  endBurnAlert,
  burnPairOf,
  burnRatesOf,
  NOT_BURNING,
  stepBurnAlert,
  type BurnAlertState,
  type BurnNews,
  type BurnRates,
  type BurnStep,
} from './slo/alert.ts';
export { budgetOf, type Budget } from './slo/budget.ts';
export { BURN_PAIRS, BURN_WINDOWS_MS, type BurnPairName } from './slo/burn.ts';
export {
  spendingOf,
  type BadSlice,
  type IncidentSpan,
  type IncidentSpending,
} from './slo/incidents.ts';
export { addMeasured, indicatorOf, type Measured } from './slo/measured.ts';
export { gridOf, measuredIn, startOf, type Grid, type Segments } from './slo/windows.ts';
export { budgetWords, burningWords, rateWords } from './slo/words.ts';
export {
  doraOf,
  type Deployed,
  type Dora,
  type DoraInput,
  type Failure,
  type Figure,
  type Outage,
} from './deployments/dora.ts';
export { interpolatedQuantile, type Bucket } from './gate/quantile.ts';
export { conclude, judge, type Conclusion } from './gate/rules.ts';
export { DEFAULT_STAGE, DEFAULT_STAGES } from './gate/stages.ts';
export { route } from './routing/route.ts';
export {
  NO_ALERTS,
  type AlertFacts,
  type AlertState,
  type GroupState,
  type Hold,
  type Item,
  type ItemStep,
  type MonitorMemory,
  type Mute,
  type News,
  type OwnRoute,
  type Routed,
  type RoutingConfig,
  type RoutingState,
  type Send,
  type Silence,
  type Track,
} from './routing/types.ts';
export { formOf, type Form } from './shape/form.ts';
export type { Facets } from './shape/facets.ts';
export {
  UNKNOWN_SHAPE,
  observeForms,
  oddFormsOf,
  restoredShape,
  type FormSample,
  type OpenShapeAnomaly,
  type ShapeState,
} from './shape/shape.ts';
export { facetSummariesOf } from './shape/summary.ts';
export { shapeWords } from './shape/words.ts';
export { restoredLatency, type OpenAnomaly, type StoredLatency } from './baseline/restore.ts';
export { summariesOf } from './baseline/summary.ts';
export { latencyWords, middleOf } from './baseline/words.ts';
