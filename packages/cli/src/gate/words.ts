/** What the gate knew, in words: for the terminal and for the document of an audit. */
import { formatDuration, type GateDecision, type GatePolicy } from '@trustmonitor/protocol';
import type { Fact } from '../output/facts.ts';

type Known = Pick<GateDecision, 'facts' | 'thresholds'>;
type Objective = GateDecision['facts']['objectives'][number];

const PPM_PER_PERCENT = 10_000;
const MILLI = 1_000;
const NAMES_TOLD = 5;

export function gateFacts({ facts, thresholds }: Known): Fact[] {
  const { service, stage, version, monitors, incidents, objectives } = facts;
  const { maxOpenIncidents, minBudgetLeftPpm, maxBurnRateMilli, maxP99Us } = thresholds;
  return [
    { name: 'Deployment', text: [service, version, `to ${stage}`].filter(Boolean).join(' ') },
    { name: 'Monitors', text: `${monitors.length}${verdictsOf(facts)}${disabledOf(facts)}` },
    {
      name: 'Open incidents',
      text: `${named(incidents.map(({ monitor, kind }) => `${monitor} (${kind})`))}; at most ${maxOpenIncidents}`,
    },
    ...(facts.incidentsHeld
      ? [{ name: 'Held back', text: 'yes: much of the fleet changed at once' }]
      : []),
    {
      name: 'Budget left',
      text: ofEach(objectives, budgetOf, `; at least ${minBudgetLeftPpm / PPM_PER_PERCENT} %`),
    },
    {
      name: 'Burn rate',
      text: ofEach(objectives, burnOf, `; at most ${maxBurnRateMilli / MILLI}`),
    },
    { name: 'p99 latency', text: latencyOf(facts.latency, maxP99Us) },
  ];
}

export const policyName = (policy: GatePolicy): string =>
  policy.kind === 'built-in' ? `built-in rules, version ${policy.version}` : `OPA at ${policy.url}`;

function verdictsOf({ monitors }: GateDecision['facts']): string {
  const counts = new Map<string, number>();
  for (const { verdict } of monitors) {
    const word = verdict ?? 'waiting';
    counts.set(word, (counts.get(word) ?? 0) + 1);
  }
  if (counts.size === 0) return '';
  return `: ${[...counts].map(([word, count]) => `${count} ${word}`).join(', ')}`;
}

const disabledOf = ({ disabledMonitors }: GateDecision['facts']): string =>
  disabledMonitors.length === 0 ? '' : ` (and ${disabledMonitors.length} disabled)`;

function named(all: readonly string[]): string {
  if (all.length === 0) return 'none';
  const told = all.slice(0, NAMES_TOLD).join(', ');
  const more = all.length > NAMES_TOLD ? ` and ${all.length - NAMES_TOLD} more` : '';
  return `${all.length}: ${told}${more}`;
}

function ofEach(
  objectives: readonly Objective[],
  say: (objective: Objective) => string,
  threshold: string,
): string {
  if (objectives.length === 0) return 'no objective';
  const told = objectives.slice(0, NAMES_TOLD).map((objective) => {
    const { objective: name, sli } = objective;
    return `${name}${sli === 'latency' ? ' (latency)' : ''} ${say(objective)}`;
  });
  const more = objectives.length > NAMES_TOLD ? ` and ${objectives.length - NAMES_TOLD} more` : '';
  return told.join(', ') + more + threshold;
}

const budgetOf = ({ budgetLeftPpm }: Objective): string =>
  budgetLeftPpm === null ? 'not measured yet' : `${budgetLeftPpm / PPM_PER_PERCENT} %`;

function burnOf({ burnRateMilli, burnWindowMs }: Objective): string {
  if (burnRateMilli === null) return 'not measured yet';
  const over = burnWindowMs === null ? '' : ` over ${formatDuration(burnWindowMs)}`;
  return `${burnRateMilli / MILLI}${over}`;
}

function latencyOf(latency: GateDecision['facts']['latency'], maxP99Us: number | null): string {
  if (latency === null) return 'none is measured';
  const { p99Us, samples, windowMs, widened } = latency;
  const limit = maxP99Us === null ? '' : `; at most ${milliseconds(maxP99Us)}`;
  const over = `the last ${formatDuration(windowMs)}`;
  if (p99Us === null) return `no probe succeeded in ${over}${limit}`;
  const why = widened ? ', as 30s are too short' : '';
  return `${milliseconds(p99Us)} of ${samples} probes in ${over}${why}${limit}`;
}

const milliseconds = (us: number): string => `${Math.round(us / MILLI)} ms`;
