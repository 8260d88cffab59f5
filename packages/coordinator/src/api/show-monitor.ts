/** A monitor as it is stored -> as the API shows it. */
import type { PlannedWindow } from '@trustmonitor/alerting';
import {
  TrustMonitorError,
  anomalyModeOf,
  covers,
  type AnomalyResource,
  type MonitorResource,
  type MonitorRevisionResource,
} from '@trustmonitor/protocol';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { runningWindows, shownMaintenance } from '../maintenance/running.ts';
import type { Queryable } from '../store/database.ts';
import { selectMonitor, type StoredMonitor } from '../store/monitors.ts';
import type { StoredRevision } from '../store/revisions.ts';
import { membersOf } from '../watch-list.ts';
import type { ApiContext } from './context.ts';

export async function requireMonitor(db: Queryable, id: string): Promise<StoredMonitor> {
  const stored = await selectMonitor(db, id);
  if (stored === null) throw new TrustMonitorError('not_found', `there is no monitor ${id}`);
  return stored;
}

export const etagOf = ({ revision }: Pick<StoredMonitor, 'revision'>): string => `"${revision}"`;

/** Also sets the `ETag`. */
export async function sendMonitor(
  reply: FastifyReply,
  stored: StoredMonitor,
  context: ApiContext,
): Promise<MonitorResource> {
  const running = await runningWindows(context.database, context.clock());
  reply.header('etag', etagOf(stored));
  return showMonitor(stored, context, reply.request, running);
}

export function showMonitor(
  stored: StoredMonitor,
  { keyRings, pings, clock }: ApiContext,
  { token }: Pick<FastifyRequest, 'token'>,
  running: readonly PlannedWindow[],
): MonitorResource {
  const { definition } = stored;
  const groups = new Set(membersOf(definition, keyRings.members).map(({ group }) => group));
  const showsPing =
    definition.check.type === 'heartbeat' && covers(token?.scopes ?? [], 'monitors:write');
  return {
    ...definition,
    revision: stored.revision,
    checkDigest: stored.checkDigest,
    verdict: stored.verdict,
    shown: shownState(stored),
    openAnomalies: anomaliesOf(stored),
    unconfirmed: groups.size < 2,
    pingUrl: showsPing ? pings.urlOf(definition.id) : null,
    openIncident: stored.openIncident,
    flapping: stored.flappingSince === null ? null : { since: stored.flappingSince.toISOString() },
    inMaintenance: shownMaintenance(running, definition, clock()),
    lastRoundAt: stored.lastRoundAt?.toISOString() ?? null,
    createdAt: stored.createdAt.toISOString(),
    updatedAt: stored.updatedAt.toISOString(),
    owner: stored.owner,
  };
}

/** Of a monitor that is paused, or looks for none, nothing is known that goes on. */
export function anomaliesOf({ definition, openAnomalies }: StoredMonitor): AnomalyResource[] {
  if (!definition.enabled) return [];
  const shown = openAnomalies.filter(({ kind }) => anomalyModeOf(definition, kind) !== 'off');
  return shown.map(({ since, regions, ...one }) => ({
    ...one,
    since: new Date(since).toISOString(),
    regions: [...regions],
  }));
}

/** An anomaly says nothing about what is worse than it anyway. */
function shownState(stored: StoredMonitor): MonitorResource['shown'] {
  const { verdict } = stored;
  return verdict === 'up' && anomaliesOf(stored).length > 0
    ? { state: 'degraded', reason: 'anomaly' }
    : { state: verdict, reason: 'verdict' };
}

export function showRevision(stored: StoredRevision): MonitorRevisionResource {
  const { revision, definition, checkDigest, createdAt } = stored;
  return { revision, checkDigest, createdAt: createdAt.toISOString(), definition };
}
