/** The DORA metrics of a service, from what is stored. docs/deployments.md has the definitions. */
import { doraOf, type Deployed, type Dora, type Figure } from '@trustmonitor/alerting';
import {
  SERVICE_LABEL,
  TrustMonitorError,
  formatDuration,
  formatTimestamp,
  type DoraMetrics,
  type ServiceName,
} from '@trustmonitor/protocol';
import type { Queryable } from '../store/database.ts';
import {
  selectDeploymentsWithin,
  selectIncidentsOpened,
  selectLabelled,
  type StoredDeployment,
} from '../store/deployments.ts';

/** More deployments, or incidents, than a service has in a year; all of them are held in memory. */
const MOST = 20_000;
const FAILURES_SHOWN = 100;
const ROLLED_BACK_WITHIN_MS = 30 * 86_400_000;

export interface DoraRequest {
  readonly service: ServiceName;
  readonly fromMs: number;
  readonly toMs: number;
  readonly windowMs: number;
}

/** Throws `input.too_large` for more deployments or incidents than are counted at once. */
export async function doraMetricsOf(
  db: Queryable,
  request: DoraRequest,
  nowMs: number,
): Promise<DoraMetrics> {
  const { service, fromMs, toMs, windowMs } = request;
  const monitors = await selectLabelled(db, SERVICE_LABEL, service);
  const last = new Date(toMs + windowMs);
  // A roll-back of the period may be of a deployment before it.
  const first = new Date(fromMs - Math.max(windowMs, ROLLED_BACK_WITHIN_MS));
  const deployments = await selectDeploymentsWithin(db, service, first, last, MOST + 1);
  const incidents = await selectIncidentsOpened(db, monitors, new Date(fromMs), last, MOST + 1);
  if (deployments.length > MOST || incidents.length > MOST) {
    throw new TrustMonitorError('input.too_large', `the period has more than ${MOST} of them`, {
      where: '/from',
      hint: 'Ask for shorter periods.',
    });
  }
  const told = new Map(deployments.map((deployment) => [deployment.id, deployment]));
  const dora = doraOf({ ...request, nowMs, deployments: deployments.map(asDeployed), incidents });
  return {
    service,
    from: formatTimestamp(fromMs),
    to: formatTimestamp(toMs),
    windowMs,
    monitors,
    ...measured(dora, windowMs),
    failures: failuresOf(dora, told),
  };
}

const asDeployed = (deployment: StoredDeployment): Deployed => {
  const { id, version, deployedAt, committedAt, outcome } = deployment;
  return {
    id,
    version,
    deployedAtMs: deployedAt.getTime(),
    committedAtMs: committedAt?.getTime() ?? null,
    outcome,
  };
};

type Measured = Pick<
  DoraMetrics,
  | 'deploymentFrequency'
  | 'leadTime'
  | 'changeFailureRate'
  | 'failedDeploymentRecovery'
  | 'timeToRestore'
>;

function measured(dora: Dora, windowMs: number): Measured {
  const window = formatDuration(windowMs);
  return {
    deploymentFrequency: measure(
      dora.deploymentFrequency,
      'per_day',
      'Deployments of the period that came into service, a day.',
    ),
    leadTime: measure(
      dora.leadTime,
      'ms',
      'Median time from commit to service, of deployments that came into service.',
    ),
    changeFailureRate: measure(
      dora.changeFailureRate,
      'ratio',
      `Deployments that failed, were rolled back, or were followed within ${window}, and before ` +
        'the next deployment, by an incident of the service; of all that can be judged by now.',
    ),
    failedDeploymentRecovery: measure(
      dora.failedDeploymentRecovery,
      'ms',
      'Median duration of the incidents that followed deployments, of those that are resolved.',
    ),
    timeToRestore: measure(
      dora.timeToRestore,
      'ms',
      'Median duration of all incidents of the service that opened in the period and are resolved.',
    ),
  };
}

const measure = <U extends string>(figure: Figure, unit: U, definition: string) => ({
  ...figure,
  unit,
  definition,
});

function failuresOf(
  { failures }: Dora,
  told: ReadonlyMap<string, StoredDeployment>,
): DoraMetrics['failures'] {
  return failures
    .toReversed()
    .slice(0, FAILURES_SHOWN)
    .flatMap(({ deployment, incident }) => {
      const stored = told.get(deployment.id);
      if (stored === undefined) return [];
      const { outcome } = deployment;
      const { id, version, deployedAt } = stored;
      return [
        {
          deployment: id,
          version,
          deployedAt: deployedAt.toISOString(),
          outcome,
          incident: incident?.id ?? null,
        },
      ];
    });
}
