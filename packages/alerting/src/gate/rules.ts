/**
 * The built-in rules of the gate: facts and thresholds in, a result for each rule out.
 *
 *     passed    the fact is there and within its threshold
 *     failed    the fact is there and beyond it
 *     unknown   the fact is missing: nobody can say, so nothing is allowed
 *     skipped   the rule does not apply: no objective, no latency, no monitor to ask about
 *
 * `deploy/policy/gate.rego` says the same, and docs/gate.md has both in one table.
 */
import {
  formatDuration,
  type GateFacts,
  type GateObjective,
  type GateOutcome,
  type GateRule,
  type GateRuleResult,
  type GateThresholds,
} from '@trustmonitor/protocol';

type Judged = Pick<GateRuleResult, 'result' | 'detail'>;
type Rule = (facts: GateFacts, thresholds: GateThresholds) => Judged;

/** Of names in a sentence: the rest is counted. */
const NAMES_TOLD = 5;
const MILLI = 1_000;
const PPM_PER_PERCENT = 10_000;

const RULES: Readonly<Record<GateRule, Rule>> = {
  'service.monitored': isMonitored,
  'monitoring.current': isCurrent,
  'incidents.open': hasFewIncidents,
  'budget.left': hasBudget,
  'burn.rate': burnsSlowly,
  'latency.p99': isFast,
};

/** One result for each rule, in the order of the rules. */
export function judge(facts: GateFacts, thresholds: GateThresholds): GateRuleResult[] {
  const isAsked = facts.monitors.length > 0;
  return (Object.keys(RULES) as GateRule[]).map((rule) => {
    const judged =
      isAsked || rule === 'service.monitored'
        ? RULES[rule](facts, thresholds)
        : skipped('nothing is watched');
    return { rule, ...judged };
  });
}

export interface Conclusion {
  readonly outcome: GateOutcome;
  /** Why it is not allowed; empty when it is. */
  readonly reasons: string[];
}

/** What is known to be wrong is a refusal; else what is not known leaves it open. */
export function conclude(rules: readonly GateRuleResult[]): Conclusion {
  const failed = rules.filter(({ result }) => result === 'failed');
  const unknown = rules.filter(({ result }) => result === 'unknown');
  const reasons = [...failed, ...unknown].map(({ rule, detail }) => `${rule}: ${detail}`);
  if (failed.length > 0) return { outcome: 'refused', reasons };
  return { outcome: unknown.length > 0 ? 'indeterminate' : 'allowed', reasons };
}

function isMonitored({ service, monitors, disabledMonitors }: GateFacts): Judged {
  if (monitors.length > 0) return passed(counted(monitors.length, 'monitor'));
  const disabled = disabledMonitors.length;
  return failed(
    disabled > 0
      ? `every monitor of ${service} is disabled (${counted(disabled, 'monitor')})`
      : `no monitor has the label "service: ${service}"`,
  );
}

/** What is down without an incident is not confirmed yet, or held back: no clear sky either. */
function isCurrent({ monitors, incidents, incidentsHeld }: GateFacts): Judged {
  if (incidentsHeld) return unknown('much of the fleet changed at once: incidents are held back');
  const known = new Set(incidents.map(({ monitor }) => monitor));
  const blind = monitors.filter(
    ({ monitor, verdict, decidedMsAgo, staleAfterMs }) =>
      verdict === null ||
      verdict === 'unknown' ||
      (verdict === 'down' && !known.has(monitor)) ||
      decidedMsAgo === null ||
      decidedMsAgo > staleAfterMs,
  );
  if (blind.length === 0) return passed('every monitor was decided lately');
  return unknown(`nothing current is known of ${names(blind.map(({ monitor }) => monitor))}`);
}

function hasFewIncidents({ incidents }: GateFacts, { maxOpenIncidents }: GateThresholds): Judged {
  if (incidents.length === 0) return passed('none is open');
  const told = `${counted(incidents.length, 'incident')} open, ${maxOpenIncidents} allowed: ${names(
    incidents.map(({ monitor, kind }) => `${monitor} (${kind})`),
  )}`;
  return incidents.length > maxOpenIncidents ? failed(told) : passed(told);
}

function hasBudget(
  { objectives, pausedObjectives = [] }: GateFacts,
  { minBudgetLeftPpm }: GateThresholds,
): Judged {
  const asked = `at least ${percent(minBudgetLeftPpm)} asked`;
  return worst({ objectives, pausedObjectives }, ({ budgetLeftPpm }) => budgetLeftPpm, {
    isBad: (left) => left < minBudgetLeftPpm,
    isWorse: (one, other) => one < other,
    say: (left, name) => `${percent(left)} of the budget of ${name} left, ${asked}`,
  });
}

function burnsSlowly(
  { objectives, pausedObjectives = [] }: GateFacts,
  { maxBurnRateMilli }: GateThresholds,
): Judged {
  const asked = `at most ${maxBurnRateMilli / MILLI} allowed`;
  return worst({ objectives, pausedObjectives }, ({ burnRateMilli }) => burnRateMilli, {
    isBad: (rate) => rate > maxBurnRateMilli,
    isWorse: (one, other) => one > other,
    say: (rate, name) => `${name} burns at ${rate / MILLI}, ${asked}`,
  });
}

interface Comparison {
  readonly isBad: (value: number) => boolean;
  readonly isWorse: (one: number, other: number) => boolean;
  readonly say: (value: number, objective: string) => string;
}

/** The worst objective decides; one that nothing is known of leaves it open, unless another is bad. */
function worst(
  { objectives, pausedObjectives }: Required<Pick<GateFacts, 'objectives' | 'pausedObjectives'>>,
  valueOf: (objective: GateObjective) => number | null,
  { isBad, isWorse, say }: Comparison,
): Judged {
  if (objectives.length === 0 && pausedObjectives.length > 0) {
    return skipped(`only disabled monitors have objectives: ${names(pausedObjectives)}`);
  }
  if (objectives.length === 0) return skipped('no objective is about this service');
  const blind: string[] = [];
  let found: { readonly value: number; readonly name: string } | null = null;
  for (const objective of objectives) {
    const value = valueOf(objective);
    if (value === null) blind.push(objective.objective);
    else if (found === null || isWorse(value, found.value)) {
      found = { value, name: objective.objective };
    }
  }
  if (found !== null && isBad(found.value)) return failed(say(found.value, found.name));
  if (blind.length > 0) return unknown(`nothing is measured yet for ${names(blind)}`);
  return found === null ? skipped('no objective') : passed(say(found.value, found.name));
}

function isFast({ latency }: GateFacts, { maxP99Us }: GateThresholds): Judged {
  if (maxP99Us === null) return skipped('this stage does not ask about latency');
  if (latency === null) return skipped('no monitor of the service measures latency');
  const { p99Us, samples, windowMs } = latency;
  const over = `the last ${formatDuration(windowMs)}`;
  if (p99Us === null) return unknown(`no probe succeeded in ${over}`);
  const told = `${milliseconds(p99Us)} over ${counted(samples, 'probe')} of ${over}, at most ${milliseconds(maxP99Us)} allowed`;
  return p99Us > maxP99Us ? failed(told) : passed(told);
}

const passed = (detail: string): Judged => ({ result: 'passed', detail });
const failed = (detail: string): Judged => ({ result: 'failed', detail });
const unknown = (detail: string): Judged => ({ result: 'unknown', detail });
const skipped = (detail: string): Judged => ({ result: 'skipped', detail });

const counted = (count: number, one: string): string => `${count} ${one}${count === 1 ? '' : 's'}`;
const percent = (ppm: number): string => `${ppm / PPM_PER_PERCENT} %`;
const milliseconds = (us: number): string => `${Math.round(us / MILLI)} ms`;

function names(all: readonly string[]): string {
  const told = all.slice(0, NAMES_TOLD).join(', ');
  return all.length > NAMES_TOLD ? `${told} and ${all.length - NAMES_TOLD} more` : told;
}
