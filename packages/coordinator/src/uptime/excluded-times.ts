/**
 * Maintenance with `uptime: excluded`, as figures leave it out: from its start, or from when it was
 * announced if that was later, to its end. Only minutes that lie in it as a whole: figures know no
 * smaller ones, and no minute of service is ever taken out.
 *
 * A report of uptime has to prove the same to strangers, so it takes time out only from when witnesses
 * had seen the announcement, some seconds later (`maintenance.ts`).
 */
import type { Span } from '@trustmonitor/evidence';
import type { Queryable } from '../store/database.ts';
import { selectExcludedTimes } from '../store/occurrences.ts';
import type { ExcludedTime } from '../store/slo-sums.ts';

const MINUTE_MS = 60_000;

/** Of these monitors, as far as it lies in the span; what overlaps is one. */
export async function excludedTimes(
  db: Queryable,
  monitors: readonly string[],
  { fromMs, toMs }: Span,
): Promise<ExcludedTime[]> {
  const found = await selectExcludedTimes(db, monitors, { fromMs, toMs });
  return found
    .map(({ monitor, ...span }) => ({
      monitor,
      fromMs: Math.max(fromMs, Math.ceil(span.fromMs / MINUTE_MS) * MINUTE_MS),
      toMs: Math.min(toMs, Math.floor(span.toMs / MINUTE_MS) * MINUTE_MS),
    }))
    .filter((span) => span.fromMs < span.toMs);
}
