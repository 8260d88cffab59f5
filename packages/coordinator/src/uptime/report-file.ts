/** A signed report, with the evidence of its incidents: the file that an outsider gets. */
import {
  buildReportFile,
  incidentEvidence,
  parseUptimeStatement,
  payloadOf,
} from '@trustmonitor/evidence';
import { PAYLOAD_TYPES, TrustMonitorError, type IncidentEvidence } from '@trustmonitor/protocol';
import { evidencePartsOf, proofOf } from '../evidence.ts';
import type { KeyRingSnapshot } from '../keyrings.ts';
import type { Queryable } from '../store/database.ts';
import { selectRecords } from '../store/incidents.ts';
import type { StoredReport } from '../store/reports.ts';
import { maintenanceEvidence } from './maintenance.ts';

/**
 * The file's bytes. Throws `evidence.pending` while a log is kept and the witnesses have not
 * cosigned a checkpoint over the report.
 */
export async function reportFileOf(
  db: Queryable,
  { digest, envelope }: StoredReport,
  { ring, envelopes }: KeyRingSnapshot,
): Promise<Uint8Array> {
  const { predicate } = parseUptimeStatement(payloadOf(envelope, PAYLOAD_TYPES.record));
  // Under the ring that it was signed by: where that names no log, the report is in none.
  const isLogged = ring.at(predicate.keyring.version)?.policy !== null;
  const tlogProof = isLogged ? await proofOf(db, digest) : null;
  const incidents: IncidentEvidence[] = [];
  for (const { incident, records } of predicate.incidents) {
    // Records that came later are not what the report speaks of.
    const named = (await selectRecords(db, incident)).slice(0, records.length);
    const parts = await evidencePartsOf(db, named, ring);
    if (parts === null) throw new TrustMonitorError('internal', `${incident} has no records`);
    incidents.push(incidentEvidence(parts));
  }
  const maintenance = await maintenanceEvidence(db, predicate.maintenance, ring);
  return buildReportFile({
    report: envelope,
    incidents,
    // Older reports have none, and keep the bytes that they had.
    ...(maintenance.length === 0 ? {} : { maintenance }),
    keyrings: [...envelopes],
    tlogProof,
  });
}
