import Type, { type Static } from 'typebox';
import { Nullable, Strict } from '../schema.ts';
import { Bundle, IncidentEvidence } from './bundle.ts';
import { Envelope } from './envelope.ts';
import { MAX_MAINTENANCE } from './uptime.ts';

export const REPORT_MEDIA_TYPE = 'application/vnd.trustmonitor.report.v1+json';

/** A logged statement with its proof; null while the network has no log. */
const LoggedEnvelope = Strict({
  envelope: Envelope,
  /** c2sp.org/tlog-proof text: of the smallest checkpoint that was cosigned over it. */
  tlogProof: Nullable(Type.String({ maxLength: 65_536 })),
});

/** What proves one occurrence of maintenance: its plan and, where it was ended early, its end. */
export const MaintenanceEvidence = Strict({
  plan: LoggedEnvelope,
  end: Nullable(LoggedEnvelope),
});
export type MaintenanceEvidence = Static<typeof MaintenanceEvidence>;

/** An uptime report as an outsider gets it: the signed statement, and what it rests on. */
export const ReportFile = Strict({
  mediaType: Type.Literal(REPORT_MEDIA_TYPE),
  /** The statement: see `UptimeStatement`. */
  report: Envelope,
  /** Evidence of each incident that the statement names, in its order. */
  incidents: Type.Array(IncidentEvidence, { maxItems: 256 }),
  /** Of each occurrence of maintenance that the statement names, in its order. */
  maintenance: Type.Optional(Type.Array(MaintenanceEvidence, { maxItems: MAX_MAINTENANCE })),
  keyrings: Bundle.properties.keyrings,
  /** c2sp.org/tlog-proof text for `report`; null while the network has no log. */
  tlogProof: Nullable(Type.String({ maxLength: 65_536 })),
});
export type ReportFile = Static<typeof ReportFile>;
