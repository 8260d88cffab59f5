/**
 * The DORA metrics (https://dora.dev/guides/dora-metrics-four-keys/) of one service over a period,
 * from its deployments and from the incidents of its monitors.
 *
 * An incident belongs to the newest deployment at or before its opening, if that is not longer ago
 * than the window; so to none after the next deployment, and to one at most. A deployment failed if
 * its outcome says so or if an incident belongs to it. One that has not failed, whose window is not
 * over and that nothing has replaced is not decided yet, and is left out of the rate.
 *
 * What is told of a version in service that was rolled back later, once or more, is one deployment: the
 * first, with the outcome of the last.
 */
import type { DeploymentOutcome } from '@trustmonitor/protocol';

export interface Deployed {
  readonly id: string;
  readonly version: string;
  readonly deployedAtMs: number;
  readonly committedAtMs: number | null;
  readonly outcome: DeploymentOutcome;
}

export interface Outage {
  readonly id: string;
  readonly openedAtMs: number;
  /** Null while it is open. */
  readonly resolvedAtMs: number | null;
}

export interface DoraInput {
  /** From `fromMs` up to, not including, `toMs`. */
  readonly fromMs: number;
  readonly toMs: number;
  readonly windowMs: number;
  readonly nowMs: number;
  /**
   * As they were told, oldest first, of the period and of the window on either side of it at least: those
   * outside count nowhere, and say to which deployment an incident, or a roll-back, belongs.
   */
  readonly deployments: readonly Deployed[];
  /** Those that opened from `fromMs` on and before `toMs + windowMs`. */
  readonly incidents: readonly Outage[];
}

export interface Figure {
  /** Null where there is too little; `reason` says what is missing. */
  readonly value: number | null;
  readonly n: number;
  readonly reason: string | null;
}

export interface Failure {
  readonly deployment: Deployed;
  /** The first incident that belongs to it; null where its outcome alone says that it failed. */
  readonly incident: Outage | null;
}

export interface Dora {
  /** Deployments a day that came into service. */
  readonly deploymentFrequency: Figure;
  /** Median milliseconds from commit to service. */
  readonly leadTime: Figure;
  /** 0 to 1. */
  readonly changeFailureRate: Figure;
  /** Median milliseconds of the incidents that belong to deployments of the period. */
  readonly failedDeploymentRecovery: Figure;
  /** Median milliseconds of all incidents that opened in the period. */
  readonly timeToRestore: Figure;
  /** Oldest first. */
  readonly failures: readonly Failure[];
}

const DAY_MS = 86_400_000;

export function doraOf(told: DoraInput): Dora {
  const input = { ...told, deployments: withoutRollbacks(told.deployments) };
  const { fromMs, toMs, deployments, incidents } = input;
  const isWithin = (atMs: number): boolean => atMs >= fromMs && atMs < toMs;
  const inPeriod = deployments.filter(({ deployedAtMs }) => isWithin(deployedAtMs));
  const belonging = belongingTo(input);
  const failures = inPeriod.flatMap((deployment): Failure[] => {
    const incident = belonging.get(deployment.id)?.[0] ?? null;
    const isFailed = deployment.outcome !== 'succeeded' || incident !== null;
    return isFailed ? [{ deployment, incident }] : [];
  });
  return {
    deploymentFrequency: frequencyOf(inPeriod, input),
    leadTime: leadTimeOf(inPeriod),
    changeFailureRate: failureRateOf(inPeriod, failures, input),
    failedDeploymentRecovery: restoreOf(
      inPeriod.flatMap(({ id }) => belonging.get(id) ?? []),
      'no incident followed a deployment of the period',
    ),
    timeToRestore: restoreOf(
      incidents.filter(({ openedAtMs }) => isWithin(openedAtMs)),
      'no incident opened in the period',
    ),
    failures,
  };
}

/** Each deployment once: a version that is rolled back is the one that came into service last. */
function withoutRollbacks(told: readonly Deployed[]): Deployed[] {
  const newest = new Map<string, number>();
  const all: Deployed[] = [];
  for (const one of told) {
    const at = newest.get(one.version);
    const before = at === undefined ? undefined : all[at];
    if (one.outcome === 'rolled_back' && at !== undefined && before !== undefined) {
      const committedAtMs = before.committedAtMs ?? one.committedAtMs;
      all[at] = { ...before, committedAtMs, outcome: 'rolled_back' };
      continue;
    }
    if (one.outcome !== 'failed') newest.set(one.version, all.length);
    all.push(one);
  }
  return all;
}

/** Incidents in order of their opening, by the deployment that they belong to. */
function belongingTo({ deployments, incidents, windowMs }: DoraInput): Map<string, Outage[]> {
  const belonging = new Map<string, Outage[]>();
  for (const incident of incidents.toSorted((a, b) => a.openedAtMs - b.openedAtMs)) {
    const { openedAtMs } = incident;
    const last = deployments.findLast(({ deployedAtMs }) => deployedAtMs <= openedAtMs);
    if (last === undefined || openedAtMs - last.deployedAtMs > windowMs) continue;
    const others = belonging.get(last.id);
    if (others === undefined) belonging.set(last.id, [incident]);
    else others.push(incident);
  }
  return belonging;
}

const cameIntoService = ({ outcome }: Deployed): boolean => outcome !== 'failed';

function frequencyOf(inPeriod: readonly Deployed[], { fromMs, toMs }: DoraInput): Figure {
  const n = inPeriod.filter(cameIntoService).length;
  if (toMs - fromMs < DAY_MS) return missing(n, 'the period is shorter than a day');
  // Nobody told of any, which is not the same as that there were none.
  if (n === 0) return missing(0, 'no deployment of the period is known');
  return { value: n / ((toMs - fromMs) / DAY_MS), n, reason: null };
}

function leadTimeOf(inPeriod: readonly Deployed[]): Figure {
  const leadsMs = inPeriod
    .filter(cameIntoService)
    .flatMap(({ deployedAtMs, committedAtMs }) =>
      committedAtMs === null ? [] : [deployedAtMs - committedAtMs],
    );
  return medianOf(leadsMs, 'no deployment of the period is known with its time of commit');
}

function failureRateOf(
  inPeriod: readonly Deployed[],
  failures: readonly Failure[],
  { deployments, windowMs, nowMs }: DoraInput,
): Figure {
  const failed = new Set(failures.map(({ deployment }) => deployment.id));
  const newest = deployments.at(-1)?.id;
  const decided = inPeriod.filter(
    ({ id, deployedAtMs }) => failed.has(id) || id !== newest || deployedAtMs + windowMs <= nowMs,
  );
  const n = decided.length;
  if (n > 0) return { value: failed.size / n, n, reason: null };
  return missing(
    0,
    inPeriod.length === 0
      ? 'no deployment of the period is known'
      : 'the only deployment is too young to be judged',
  );
}

/** Of those that are resolved: what still lasts has no duration yet. */
function restoreOf(incidents: readonly Outage[], none: string): Figure {
  const durationsMs = incidents.flatMap(({ openedAtMs, resolvedAtMs }) =>
    resolvedAtMs === null ? [] : [resolvedAtMs - openedAtMs],
  );
  return medianOf(durationsMs, incidents.length === 0 ? none : 'every such incident is still open');
}

/** The middle one; of an even number the mean of the two in the middle. */
function medianOf(values: readonly number[], none: string): Figure {
  const n = values.length;
  const sorted = values.toSorted((a, b) => a - b);
  const upper = sorted[Math.floor(n / 2)];
  const lower = sorted[Math.floor((n - 1) / 2)];
  if (upper === undefined || lower === undefined) return missing(0, none);
  return { value: (lower + upper) / 2, n, reason: null };
}

const missing = (n: number, reason: string): Figure => ({ value: null, n, reason });
