import type { Verdict } from '@trustmonitor/protocol';

export type Severity = 'critical' | 'error' | 'warning' | 'info';

/** From the worst to the least. */
const ORDER: readonly Severity[] = ['critical', 'error', 'warning', 'info'];

export function isWorse(one: Severity, than: Severity): boolean {
  return ORDER.indexOf(one) < ORDER.indexOf(than);
}

/** How bad an incident is, by what was decided last. */
export function severityOf(verdict: Verdict): Severity {
  if (verdict === 'down') return 'critical';
  return verdict === 'partial' ? 'error' : 'warning';
}
