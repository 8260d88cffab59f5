import Type, { type Static } from 'typebox';
import { Nullable, Strict } from '../schema.ts';
import { Bundle, IncidentEvidence } from './bundle.ts';
import { Envelope } from './envelope.ts';

export const REPORT_MEDIA_TYPE = 'application/vnd.trustmonitor.report.v1+json';

/** An uptime report as an outsider gets it: the signed statement, and what it rests on. */
export const ReportFile = Strict({
  mediaType: Type.Literal(REPORT_MEDIA_TYPE),
  /** The statement: see `UptimeStatement`. */
  report: Envelope,
  /** Evidence of each incident that the statement names, in its order. */
  incidents: Type.Array(IncidentEvidence, { maxItems: 256 }),
  keyrings: Bundle.properties.keyrings,
  /** c2sp.org/tlog-proof text for `report`; null while the network has no log. */
  tlogProof: Nullable(Type.String({ maxLength: 65_536 })),
});
export type ReportFile = Static<typeof ReportFile>;
