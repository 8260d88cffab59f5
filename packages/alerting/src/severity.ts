import type { Verdict } from '@trustmonitor/protocol';

export type Severity = 'critical' | 'error' | 'warning' | 'info';

/** How bad an incident is, by what was decided last. */
export function severityOf(verdict: Verdict): Severity {
  if (verdict === 'down') return 'critical';
  return verdict === 'partial' ? 'error' : 'warning';
}
