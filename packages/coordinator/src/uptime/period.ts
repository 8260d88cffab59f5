/** Which periods a report can be made of. */
import type { Span } from '@trustmonitor/evidence';
import { TrustMonitorError, formatTimestamp } from '@trustmonitor/protocol';
import { DAY_MS } from '../store/partitions.ts';

/** What ended that long ago is written: a decision is committed right after its round closes. */
const SETTLE_MS = 3_000;

/** Five years: a longer one is a mistake. */
const LONGEST_MS = 5 * 366 * DAY_MS;

export interface PeriodBounds {
  readonly nowMs: number;
  /** How many days rounds are kept. */
  readonly rawDays: number;
  /** The monitor's birth: before it there was nothing to keep. */
  readonly createdAtMs: number;
}

/**
 * Throws `input.invalid` with the field, or `gone` for a period whose rounds are not all kept any
 * more: its figure would be of less than it says.
 */
export function requirePeriod({ fromMs, toMs }: Span, bounds: PeriodBounds): void {
  if (fromMs >= toMs) throw invalid('/to', 'the period ends before it begins');
  if (toMs - fromMs > LONGEST_MS) throw invalid('/to', 'the period is longer than five years');
  if (toMs > bounds.nowMs - SETTLE_MS) {
    throw invalid('/to', `${formatTimestamp(toMs)} is not over, or only just`, {
      hint: `A report is of the past: until ${formatTimestamp(bounds.nowMs - SETTLE_MS)} at most.`,
    });
  }
  const keptFromMs = (Math.floor(bounds.nowMs / DAY_MS) - bounds.rawDays) * DAY_MS;
  if (Math.max(fromMs, bounds.createdAtMs) < keptFromMs) {
    throw new TrustMonitorError('gone', 'the rounds of this period are not all kept any more', {
      where: '/from',
      hint:
        `They are kept for ${bounds.rawDays} days (TM_RETENTION_RAW_DAYS): since ` +
        `${formatTimestamp(keptFromMs)}. A report that was made in time can be had for ever.`,
    });
  }
}

const invalid = (
  where: string,
  message: string,
  details: { readonly hint?: string } = {},
): TrustMonitorError => new TrustMonitorError('input.invalid', message, { where, ...details });
