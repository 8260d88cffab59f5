/**
 * Maintenance is announced: each occurrence of a window is signed and logged before it begins.
 *
 *     of a window -- less than a day before --> announced --> running --> over
 *                                                   |            |
 *                                        called off |            | ended early
 *                                                   v            v
 *                                                  over         over
 *
 * What was announced never changes: `end` only brings the end forward, to the start for what is
 * called off. A window that is written after it should have begun is announced late, and takes no
 * time out of uptime figures from before that.
 *
 * Whoever calls has locked the window; then the log is locked: in that order everywhere.
 */
import { occurrencesFrom, type Occurrence } from '@trustmonitor/alerting';
import { signMaintenance, type Signer } from '@trustmonitor/evidence';
import {
  MAX_MAINTAINED,
  TrustMonitorError,
  formatTimestamp,
  isSelected,
  makeUuid7,
  type MaintenancePredicate,
  type MaintenanceWindow,
} from '@trustmonitor/protocol';
import { randomBytes } from 'node:crypto';
import { RingSuperseded } from '../keyrings.ts';
import { appendToLog, type Loggable } from '../log/append.ts';
import type { RingReference } from '../record.ts';
import type { Queryable } from '../store/database.ts';
import { selectNewestVersion } from '../store/keyrings.ts';
import { lockLogTree } from '../store/log.ts';
import { updatePlannedUntil } from '../store/maintenance.ts';
import { selectSelectable } from '../store/selectable.ts';
import {
  insertOccurrence,
  insertStatement,
  selectComing,
  selectStatements,
  updateOccurrenceEnd,
  type StoredOccurrence,
  type StoredStatement,
} from '../store/occurrences.ts';

export interface Announcer {
  readonly network: string;
  readonly signer: Signer;
  /** The ring in force. */
  readonly ring: RingReference;
  /** Whether the network keeps a log. */
  readonly isLogged: boolean;
}

/** How long before its start an occurrence of a recurring window is announced. */
export const ANNOUNCE_AHEAD_MS = 86_400_000;

/**
 * Announces what of a window is to be announced now, from `plannedUntilMs` on: a recurring one up
 * to a day ahead, any other at once. Throws `RingSuperseded` when `ring` is not the newest.
 */
export async function announceDue(
  tx: Queryable,
  window: MaintenanceWindow,
  plannedUntilMs: number,
  nowMs: number,
  announcer: Announcer,
): Promise<void> {
  const isOnce = window.schedule.type === 'once';
  const untilMs = isOnce ? Number.POSITIVE_INFINITY : nowMs + ANNOUNCE_AHEAD_MS;
  const due = occurrencesFrom(window.schedule, plannedUntilMs, untilMs).filter(
    (occurrence) => occurrence.untilMs > nowMs,
  );
  if (due.length > 0) {
    const monitors = await monitorsOf(tx, window);
    const planned = due.map((occurrence) => occurrenceOf(window, occurrence, monitors, nowMs));
    for (const occurrence of planned) await insertOccurrence(tx, occurrence);
    await stateAll(tx, 'plan', planned, nowMs, announcer);
  }
  if (!isOnce) await updatePlannedUntil(tx, window.id, untilMs);
}

/** Ends what of a window runs, or calls off what is announced, or both. Returns how many it was. */
export async function endComing(
  tx: Queryable,
  window: string,
  which: { readonly running: boolean; readonly announced: boolean },
  nowMs: number,
  announcer: Announcer,
): Promise<number> {
  const ended = (await selectComing(tx, window, nowMs))
    .filter(({ startsAtMs }) => (startsAtMs <= nowMs ? which.running : which.announced))
    .map((occurrence) => ({ ...occurrence, endsAtMs: Math.max(occurrence.startsAtMs, nowMs) }));
  for (const { id, endsAtMs } of ended) await updateOccurrenceEnd(tx, id, endsAtMs);
  await stateAll(tx, 'end', ended, nowMs, announcer);
  return ended.length;
}

/** Bound by the announcement: a monitor that is made later is not among them. */
async function monitorsOf(tx: Queryable, { id, selector }: MaintenanceWindow): Promise<string[]> {
  const monitors = (await selectSelectable(tx)).filter((monitor) => isSelected(monitor, selector));
  if (monitors.length <= MAX_MAINTAINED) return monitors.map((monitor) => monitor.id).toSorted();
  throw new TrustMonitorError(
    'input.too_large',
    `${id} is about ${monitors.length} monitors; a window may be about ${MAX_MAINTAINED}`,
    { where: '/selector', hint: 'Write several windows, each for some of them.' },
  );
}

function occurrenceOf(
  definition: MaintenanceWindow,
  { fromMs, untilMs }: Occurrence,
  monitors: readonly string[],
  nowMs: number,
): StoredOccurrence {
  return {
    id: makeUuid7(nowMs, randomBytes(10)),
    window: definition.id,
    definition,
    startsAtMs: fromMs,
    endsAtMs: untilMs,
    monitors,
  };
}

/** Signs and logs one step of each, in the transaction of what it is about. */
async function stateAll(
  tx: Queryable,
  step: 'plan' | 'end',
  occurrences: readonly StoredOccurrence[],
  nowMs: number,
  announcer: Announcer,
): Promise<void> {
  if (occurrences.length === 0) return;
  await lockLogTree(tx);
  if ((await selectNewestVersion(tx)) > announcer.ring.version) throw new RingSuperseded();
  const stored = await selectStatements(
    tx,
    occurrences.map(({ id }) => id),
  );
  const logged: Loggable[] = [];
  for (const occurrence of occurrences) {
    const plan = stored.find((statement) => statement.occurrence === occurrence.id) ?? null;
    const statement = signStep(step, occurrence, plan, nowMs, announcer);
    await insertStatement(tx, statement);
    const { digest, envelope } = statement;
    const publicKeys = [announcer.signer.publicKey];
    logged.push({ kind: 'maintenance', digest, envelope, publicKeys });
  }
  if (announcer.isLogged) await appendToLog(tx, logged);
}

function signStep(
  step: 'plan' | 'end',
  occurrence: StoredOccurrence,
  plan: StoredStatement | null,
  nowMs: number,
  { network, signer, ring }: Announcer,
): StoredStatement {
  // Never before the plan, even when a clock was set back between two processes.
  const recordedAtMs = Math.max(nowMs, plan?.recordedAtMs ?? 0);
  const { selector, reason, uptime } = occurrence.definition;
  const predicate: MaintenancePredicate = {
    network,
    window: occurrence.window,
    occurrence: occurrence.id,
    step,
    previous: plan?.digest ?? null,
    startsAt: formatTimestamp(occurrence.startsAtMs),
    endsAt: formatTimestamp(occurrence.endsAtMs),
    selector,
    monitors: [...occurrence.monitors],
    reason,
    uptime,
    recordedAt: formatTimestamp(recordedAtMs),
    keyring: { version: ring.version, digest: ring.digest },
  };
  return {
    ...signMaintenance(predicate, signer),
    occurrence: occurrence.id,
    step,
    recordedAtMs,
  };
}
