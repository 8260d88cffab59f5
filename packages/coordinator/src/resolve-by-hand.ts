/**
 * Resolves an incident by hand: a signed `amend` record that gives the reason, appended like every
 * other. What is known of the monitor is forgotten with it, so the monitor begins anew: if it is
 * still watched and still fails, another incident opens as soon as that is confirmed. Whoever
 * decides about the monitor finds its incident closed at its next commit (`commit.ts`).
 */
import { parseStatement, payloadOf, signRecord, type Signer } from '@trustmonitor/evidence';
import {
  PAYLOAD_TYPES,
  TrustMonitorError,
  formatTimestamp,
  type IncidentStatement,
  type Uuid7,
} from '@trustmonitor/protocol';
import { storedFacts } from './alerts/facts.ts';
import { closingMessageOf } from './announce.ts';
import type { Clock } from './clock.ts';
import { RingSuperseded } from './keyrings.ts';
import { appendToLog } from './log/append.ts';
import type { RingReference } from './record.ts';
import { digestOfState } from './state-digest.ts';
import { insertAlertEvents } from './store/alerts.ts';
import { insertAudit, type Actor } from './store/audit.ts';
import type { Database, Queryable } from './store/database.ts';
import { insertEvents } from './store/events.ts';
import {
  insertRecord,
  lockIncident,
  resolveIncident,
  selectRecords,
  type StoredIncident,
  type StoredRecord,
} from './store/incidents.ts';
import { selectNewestVersion } from './store/keyrings.ts';
import { selectMonitor } from './store/monitors.ts';
import { deleteState } from './store/monitor-states.ts';

export interface ResolveParts {
  readonly database: Database;
  readonly keyRings: {
    readonly current: { readonly ring: RingReference };
    refresh(database: Queryable): Promise<boolean>;
  };
  readonly signer: Signer;
  readonly clock: Clock;
  /** Whether the network keeps a log. */
  readonly isLogged: boolean;
  /** What links in messages start with. */
  readonly apiUrl: string;
}

export interface ResolveRequest {
  readonly incident: Uuid7;
  /** Part of the public record. */
  readonly reason: string;
  readonly actor: Actor;
}

/** Throws `not_found`, and `incident.resolved` for an incident that is resolved already. */
export async function resolveByHand(request: ResolveRequest, parts: ResolveParts): Promise<void> {
  const { database, keyRings } = parts;
  for (;;) {
    try {
      await database.transaction((tx) => resolve(tx, request, parts));
      return;
    } catch (error) {
      if (!(error instanceof RingSuperseded)) throw error;
      await keyRings.refresh(database);
    }
  }
}

async function resolve(tx: Queryable, request: ResolveRequest, parts: ResolveParts): Promise<void> {
  const { actor, reason } = request;
  const incident = await requireOpen(tx, request.incident);
  const records = await selectRecords(tx, incident.id);
  const record = amendmentOf(records, reason, parts);
  const atMs = record.recordedAtMs;
  await resolveIncident(tx, incident.id, incident.verdict, atMs);
  await deleteState(tx, incident.monitor);
  await insertRecord(tx, record);
  await announce(tx, { ...incident, resolvedAtMs: atMs }, reason, parts);
  await insertAudit(tx, {
    actor,
    action: 'incident.resolved',
    subject: incident.id,
    before: records.at(-1)?.digest ?? null,
    after: digestOfState({ reason, record: record.digest }),
  });
  if (parts.isLogged) await appendRecord(tx, record, parts);
  const { id, monitor, verdict } = incident;
  const at = formatTimestamp(atMs);
  await insertEvents(tx, [{ type: 'incident.resolved', at, incident: id, monitor, verdict }]);
}

async function requireOpen(tx: Queryable, id: Uuid7): Promise<StoredIncident> {
  const incident = await lockIncident(tx, id);
  if (incident === null) throw new TrustMonitorError('not_found', `there is no incident ${id}`);
  if (incident.resolvedAtMs === null) return incident;
  throw new TrustMonitorError('incident.resolved', `incident ${id} is resolved already`, {
    hint: `It was resolved at ${formatTimestamp(incident.resolvedAtMs)}. There is nothing to do.`,
  });
}

/** What the newest record says, without its rounds and votes: by hand nothing is decided. */
function amendmentOf(
  records: readonly StoredRecord[],
  reason: string,
  { clock, keyRings, signer }: ResolveParts,
): StoredRecord {
  const previous = records.at(-1);
  if (previous === undefined) throw new TrustMonitorError('internal', 'an incident has no records');
  const statement = parseStatement(payloadOf(previous.envelope, PAYLOAD_TYPES.record));
  const recordedAtMs = Math.max(clock(), previous.recordedAtMs);
  const { version, digest } = keyRings.current.ring;
  const amended: IncidentStatement = {
    ...statement,
    predicate: {
      ...statement.predicate,
      step: 'amend',
      previous: previous.digest,
      resolvedAt: formatTimestamp(recordedAtMs),
      recordedAt: formatTimestamp(recordedAtMs),
      keyring: { version, digest },
      rounds: [],
      votes: [],
      amendment: { reason },
    },
  };
  const signed = signRecord(amended, signer);
  return {
    digest: signed.digest,
    incident: previous.incident,
    stepNumber: previous.stepNumber + 1,
    step: 'amend',
    envelope: signed.envelope,
    recordedAtMs,
  };
}

async function announce(
  tx: Queryable,
  incident: StoredIncident,
  reason: string,
  { apiUrl }: ResolveParts,
): Promise<void> {
  const monitor = await selectMonitor(tx, incident.monitor);
  const runbook = monitor?.definition.runbook ?? null;
  await insertAlertEvents(tx, [
    {
      step: 'resolved',
      facts: storedFacts(incident, monitor?.definition ?? null),
      message: closingMessageOf(incident, reason, { apiUrl, runbook }),
    },
  ]);
}

/** Under the newest key ring, asked while the log is locked: see `commit.ts`. */
async function appendRecord(
  tx: Queryable,
  { digest, envelope }: StoredRecord,
  { signer, keyRings }: ResolveParts,
): Promise<void> {
  await appendToLog(tx, [{ kind: 'record', digest, envelope, publicKeys: [signer.publicKey] }]);
  if ((await selectNewestVersion(tx)) > keyRings.current.ring.version) throw new RingSuperseded();
}
