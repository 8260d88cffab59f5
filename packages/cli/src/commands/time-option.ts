/** Times on the command line. */
import { TrustMonitorError } from '@trustmonitor/protocol';

/** A day or a time in UTC, as RFC 3339. Throws `config.invalid`, naming the option. */
export function timeOf(text: string, where: string): string {
  const full = /^\d{4}-\d{2}-\d{2}$/.test(text) ? `${text}T00:00:00Z` : text;
  const date = new Date(full);
  // 31 February would be taken for 3 March.
  const isOne = full.endsWith('Z') && !Number.isNaN(date.getTime());
  if (isOne && date.toISOString().startsWith(full.slice(0, 10))) return date.toISOString();
  throw new TrustMonitorError('config.invalid', `${text} is neither a day nor a time`, {
    where,
    hint: 'write 2026-01-31 for the beginning of a day in UTC, or 2026-01-31T12:00:00Z',
  });
}

interface PeriodOptions {
  readonly from?: string;
  readonly to?: string;
}

/** What was given of a period, as a query asks for it. Throws as `timeOf` does. */
export function periodQuery({ from, to }: PeriodOptions): Record<string, string> {
  return {
    ...(from === undefined ? {} : { from: timeOf(from, '--from') }),
    ...(to === undefined ? {} : { to: timeOf(to, '--to') }),
  };
}
