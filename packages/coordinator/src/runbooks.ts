/**
 * The runbook of each alert that the system itself can raise: one page in docs/runbooks, served at
 * `/runbooks/NAME.md`. A type of message that is added has to be entered here, or the tests do not
 * compile; and a test asks for its page.
 */
import { NOTICE_TOPICS, type NoticeTopic, type Verdict } from '@trustmonitor/protocol';

/**
 * Of every type of message: of an incident it goes by the verdict, of a notice by the topic; null for
 * what needs none.
 */
export const RUNBOOK_BY_TYPE = {
  'incident.opened': null,
  'incident.updated': null,
  'incident.resolved': null,
  'incident.escalated': null,
  'incident.reminder': null,
  'incident.acknowledged': null,
  'alerts.grouped': null,
  'monitor.flapping': 'monitor.flapping',
  'monitor.settled': 'monitor.flapping',
  'monitor.anomalous': 'monitor.anomalous',
  'monitor.normal': 'monitor.anomalous',
  'monitoring.failing': null,
  'monitoring.recovered': null,
  'monitoring.unknown': 'monitoring.unknown',
  'monitoring.restored': 'monitoring.unknown',
  'monitoring.agents_flagged': 'monitoring.agents_flagged',
  'slo.burning': 'slo.burning',
  'slo.recovered': 'slo.burning',
  'channel.test': null,
} as const;

const BY_VERDICT = ['incident.down', 'incident.partial', 'incident.degraded'] as const;

type OfType = Exclude<(typeof RUNBOOK_BY_TYPE)[keyof typeof RUNBOOK_BY_TYPE], null>;
export type RunbookName = OfType | NoticeTopic | (typeof BY_VERDICT)[number];

/** Each once, sorted. */
export const RUNBOOK_NAMES: readonly RunbookName[] = [
  ...new Set<RunbookName>([
    ...Object.values(RUNBOOK_BY_TYPE).filter((name): name is OfType => name !== null),
    ...NOTICE_TOPICS,
    ...BY_VERDICT,
  ]),
].toSorted();

/** Of an incident that stands at this, or did before it was over. */
export function incidentRunbook(verdict: Verdict): RunbookName {
  return BY_VERDICT.find((name) => name === `incident.${verdict}`) ?? 'incident.down';
}

/** Where people find it. */
export function runbookUrl(apiUrl: string, name: RunbookName): string {
  return `${apiUrl}/runbooks/${name}.md`;
}
