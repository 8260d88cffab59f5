/**
 * What the gate knew, by what rules it judged, and what it decided: one signed statement for each
 * decision. Numbers are integers, as in everything that is signed.
 */
import Type, { type Static } from 'typebox';
import { Count, Millis, Nullable, Sha256Hex, Slug, Strict, Timestamp, Uuid7 } from '../schema.ts';
import { ServiceName } from '../service.ts';
import { Verdict } from '../verdict.ts';
import { STATEMENT_TYPE } from './record.ts';

export const GATE_PREDICATE_TYPE = 'https://trustmonitor.dev/predicates/gate/v1';

/** More monitors than one service has; a decision names each of them. */
export const MAX_GATE_MONITORS = 500;

/** Two indicators of each monitor's own objective, and those of a hundred about several. */
export const MAX_GATE_OBJECTIVES = 1_200;

/** Where the deployment is to go. The coordinator's settings say which stages there are. */
export const GateStage = Type.String({
  pattern: '^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$',
  examples: ['production'],
});

/** What is deployed: a tag, a commit, a build number. */
export const DeployedVersion = Type.String({
  minLength: 1,
  maxLength: 200,
  pattern: '^[^\\u0000-\\u001f\\u007f]+$',
  examples: ['v1.42.0'],
});

const Signed = Type.Integer({
  minimum: Number.MIN_SAFE_INTEGER,
  maximum: Number.MAX_SAFE_INTEGER,
});

/** One watched monitor of the service, as it was decided last. */
export const GateMonitor = Strict({
  monitor: Slug,
  /** Null before its first round has closed. */
  verdict: Nullable(Verdict),
  /** How long ago its last round was; null before the first. */
  decidedMsAgo: Nullable(Millis),
  /** After so long without a round nothing is known of it any more. */
  staleAfterMs: Millis,
});
export type GateMonitor = Static<typeof GateMonitor>;

export const GateIncident = Strict({
  incident: Uuid7,
  monitor: Slug,
  kind: Type.Enum(['down', 'partial']),
  openedAt: Timestamp,
});
export type GateIncident = Static<typeof GateIncident>;

/** The 99th percentile of what successful probes took, over the newest rounds. */
export const GateLatency = Strict({
  /** Interpolated inside its bucket; null without a single sample. */
  p99Us: Nullable(Count),
  samples: Count,
  windowMs: Millis,
  /** Whether the window had to be longer than 30 s to hold enough samples. */
  widened: Type.Boolean(),
});
export type GateLatency = Static<typeof GateLatency>;

/** An objective that is about monitors of the service. */
export const GateObjective = Strict({
  objective: Type.String({ minLength: 1, maxLength: 200 }),
  sli: Type.Enum(['availability', 'latency']),
  /** Of the whole budget; negative when it is overspent; null where nothing is measured yet. */
  budgetLeftPpm: Nullable(Signed),
  /** Thousandths: 1000 spends exactly the budget in the objective's period. */
  burnRateMilli: Nullable(Count),
  /** Over which it burned so fast. */
  burnWindowMs: Nullable(Millis),
});
export type GateObjective = Static<typeof GateObjective>;

export const GateFacts = Strict({
  service: ServiceName,
  stage: GateStage,
  /** What is to be deployed, where the caller said so. */
  version: Nullable(DeployedVersion),
  at: Timestamp,
  /** Leaves of the log when the incidents were read; null where the network keeps none. */
  logSize: Nullable(Count),
  monitors: Type.Array(GateMonitor, { maxItems: MAX_GATE_MONITORS }),
  /** Monitors of the service that are not watched. */
  disabledMonitors: Type.Array(Slug, { maxItems: MAX_GATE_MONITORS }),
  /** Open at that moment, of the monitors above and of the disabled ones. */
  incidents: Type.Array(GateIncident, { maxItems: MAX_GATE_MONITORS }),
  /** Whether much of the fleet changed at once, so that incidents are held back. */
  incidentsHeld: Type.Boolean(),
  /** Null where no monitor of the service measures a latency. */
  latency: Nullable(GateLatency),
  /** Empty: the service has no objective that is measured. */
  objectives: Type.Array(GateObjective, { maxItems: MAX_GATE_OBJECTIVES }),
  /** Left out, as every monitor of the service that they are about is disabled. Older decisions have none. */
  pausedObjectives: Type.Optional(
    Type.Array(Type.String({ minLength: 1, maxLength: 200 }), { maxItems: MAX_GATE_OBJECTIVES }),
  ),
});
export type GateFacts = Static<typeof GateFacts>;

/** What is asked of the facts at one stage. */
export const GateThresholds = Strict({
  maxOpenIncidents: Count,
  minBudgetLeftPpm: Signed,
  maxBurnRateMilli: Count,
  /** Null: latency is not asked about. */
  maxP99Us: Nullable(Count),
});
export type GateThresholds = Static<typeof GateThresholds>;

export const GATE_RULES = [
  'service.monitored',
  'monitoring.current',
  'incidents.open',
  'budget.left',
  'burn.rate',
  'latency.p99',
] as const;
export type GateRule = (typeof GATE_RULES)[number];

export const GateRuleResult = Strict({
  rule: Type.Enum([...GATE_RULES]),
  /** `unknown`: a fact is missing, so nothing is allowed. `skipped`: it does not apply. */
  result: Type.Enum(['passed', 'failed', 'unknown', 'skipped']),
  detail: Type.String({ maxLength: 1_000 }),
});
export type GateRuleResult = Static<typeof GateRuleResult>;

/** Who was asked. */
export const GatePolicy = Type.Union([
  Strict({ kind: Type.Literal('built-in'), version: Type.Literal(1) }),
  Strict({
    kind: Type.Literal('opa'),
    /** Without what may be secret in it: user, password and query. */
    url: Type.String({ maxLength: 2_048 }),
    /** By which OPA's own decision log knows it; null where OPA keeps none or did not answer. */
    decisionId: Nullable(Type.String({ maxLength: 200 })),
  }),
]);
export type GatePolicy = Static<typeof GatePolicy>;

/** Only `allowed` lets a deployment through. `indeterminate`: nobody could judge, or not on these facts. */
export const GateOutcome = Type.Enum(['allowed', 'refused', 'indeterminate']);
export type GateOutcome = Static<typeof GateOutcome>;

export const GatePredicate = Strict({
  network: Slug,
  decision: Uuid7,
  recordedAt: Timestamp,
  keyring: Strict({
    version: Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER }),
    digest: Sha256Hex,
  }),
  facts: GateFacts,
  thresholds: GateThresholds,
  policy: GatePolicy,
  outcome: GateOutcome,
  /** Why it was not allowed; empty when it was. */
  reasons: Type.Array(Type.String({ maxLength: 1_000 }), { maxItems: 64 }),
  /** What each built-in rule says; of a policy elsewhere only its reasons are known. */
  rules: Type.Array(GateRuleResult, { maxItems: GATE_RULES.length }),
});
export type GatePredicate = Static<typeof GatePredicate>;

/** in-toto Statement v1 about one decision. The subject is the service by the digest of the facts. */
export const GateStatement = Strict({
  _type: Type.Literal(STATEMENT_TYPE),
  subject: Type.Array(Strict({ name: ServiceName, digest: Strict({ sha256: Sha256Hex }) }), {
    minItems: 1,
    maxItems: 1,
  }),
  predicateType: Type.Literal(GATE_PREDICATE_TYPE),
  predicate: GatePredicate,
});
export type GateStatement = Static<typeof GateStatement>;
