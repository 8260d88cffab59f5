/** The maintenance of a period, as a report of uptime states and proves it. */
import {
  payloadOf,
  parseMaintenance,
  witnessedByMs,
  type Span,
  type TrustedKeyRing,
} from '@trustmonitor/evidence';
import { nodeVerifier } from '@trustmonitor/evidence/node';
import {
  MAX_MAINTENANCE,
  PAYLOAD_TYPES,
  TrustMonitorError,
  formatTimestamp,
  type MaintenanceEvidence,
  type UptimeMaintenance,
} from '@trustmonitor/protocol';
import { pending, proofOf } from '../evidence.ts';
import type { Queryable } from '../store/database.ts';
import { selectCosignedPlaces } from '../store/log.ts';
import {
  selectOccurrencesWithin,
  selectStatements,
  type StoredOccurrence,
  type StoredStatement,
} from '../store/occurrences.ts';

/**
 * What was announced for the monitor and lies in the period, in order of time. Nothing is taken out
 * from before witnesses had seen it announced. Throws `evidence.pending` while they have not, and
 * `input.too_large` for more than a report may name.
 */
export async function maintenanceOfPeriod(
  db: Queryable,
  monitor: string,
  period: Span,
  ring: TrustedKeyRing,
): Promise<UptimeMaintenance[]> {
  const found = await selectOccurrencesWithin(db, monitor, period, MAX_MAINTENANCE + 1);
  if (found.length > MAX_MAINTENANCE) {
    throw new TrustMonitorError(
      'input.too_large',
      `the period has more than ${MAX_MAINTENANCE} windows of maintenance`,
      { where: '/to', hint: 'Ask for reports of shorter periods.' },
    );
  }
  const statements = await selectStatements(
    db,
    found.map(({ id }) => id),
  );
  const stated: UptimeMaintenance[] = [];
  for (const occurrence of found) {
    const own = statements.filter((statement) => statement.occurrence === occurrence.id);
    const excludedMs = await excludedFromMs(db, occurrence, own[0], ring);
    stated.push({
      window: occurrence.window,
      occurrence: occurrence.id,
      startsAt: formatTimestamp(occurrence.startsAtMs),
      endsAt: formatTimestamp(occurrence.endsAtMs),
      uptime: occurrence.definition.uptime,
      excludedFrom: excludedMs === null ? null : formatTimestamp(excludedMs),
      statements: own.map(({ digest }) => digest),
    });
  }
  return stated;
}

export function excludedSpans(maintenance: readonly UptimeMaintenance[]): Span[] {
  return maintenance.flatMap(({ excludedFrom, endsAt }) =>
    excludedFrom === null ? [] : [{ fromMs: Date.parse(excludedFrom), toMs: Date.parse(endsAt) }],
  );
}

/** Null where the time counts, or it was over before it was announced. */
async function excludedFromMs(
  db: Queryable,
  { id, definition, startsAtMs, endsAtMs }: StoredOccurrence,
  plan: StoredStatement | undefined,
  ring: TrustedKeyRing,
): Promise<number | null> {
  if (plan === undefined) throw new TrustMonitorError('internal', `${id} was never announced`);
  if (definition.uptime === 'counted') return null;
  const fromMs = Math.max(startsAtMs, plan.recordedAtMs, await seenMs(db, plan, ring));
  return fromMs < endsAtMs ? fromMs : null;
}

/** When witnesses had seen the plan in the log; 0 where nobody says. */
async function seenMs(
  db: Queryable,
  plan: StoredStatement,
  newest: TrustedKeyRing,
): Promise<number> {
  const ring = ringOf(plan, newest);
  if (ring.policy === null) return 0;
  const place = (await selectCosignedPlaces(db, [plan.digest])).get(plan.digest);
  if (!place?.checkpoint) throw pending();
  return witnessedByMs(place.checkpoint.cosigned, ring, newest, nodeVerifier) ?? 0;
}

/** The ring that a statement was signed under: where that names no log, it is in none. */
function ringOf({ envelope, digest }: StoredStatement, newest: TrustedKeyRing): TrustedKeyRing {
  const { predicate } = parseMaintenance(payloadOf(envelope, PAYLOAD_TYPES.record));
  const ring = newest.at(predicate.keyring.version);
  if (ring === undefined) throw new TrustMonitorError('internal', `${digest} names no key ring`);
  return ring;
}

/** The statements that a report names, each with its proof. */
export async function maintenanceEvidence(
  db: Queryable,
  maintenance: readonly UptimeMaintenance[],
  newest: TrustedKeyRing,
): Promise<MaintenanceEvidence[]> {
  const stored = await selectStatements(
    db,
    maintenance.map(({ occurrence }) => occurrence),
  );
  const proven: MaintenanceEvidence[] = [];
  for (const { statements } of maintenance) {
    const [plan, end] = statements.map((digest) => stored.find((one) => one.digest === digest));
    if (plan === undefined) throw new TrustMonitorError('internal', 'a plan is not stored');
    proven.push({
      plan: await logged(db, plan, newest),
      end: end === undefined ? null : await logged(db, end, newest),
    });
  }
  return proven;
}

async function logged(
  db: Queryable,
  statement: StoredStatement,
  newest: TrustedKeyRing,
): Promise<MaintenanceEvidence['plan']> {
  const isLogged = ringOf(statement, newest).policy !== null;
  const tlogProof = isLogged ? await proofOf(db, statement.digest) : null;
  return { envelope: statement.envelope, tlogProof };
}
