/** Which rounds an incident is told from: those of its time, and those that led to it. */
import type { IncidentDetail, RoundResource } from '@trustmonitor/protocol';
import type { ReadRecord } from './statement.ts';

type About = Pick<IncidentDetail, 'monitor' | 'openedAt' | 'resolvedAt'>;

/** Lists of rounds, each of one page of `most`. */
export const roundsQuery = {
  /** Those just before the first that the opening rests on; null where no record says which. */
  before(monitor: string, records: readonly ReadRecord[], most: number): string | null {
    const first = firstRoundAt(records);
    return first === null ? null : listOf(monitor, most, { to: first });
  },

  /** The newest from that round on, as long as the incident lasted. */
  during({ monitor, openedAt, resolvedAt }: About, records: readonly ReadRecord[], most: number) {
    const from = firstRoundAt(records) ?? openedAt;
    // The round that ended it opened before it was resolved; `to` leaves out the time that it names.
    const to = resolvedAt === null ? null : new Date(Date.parse(resolvedAt) + 1).toISOString();
    return listOf(monitor, most, to === null ? { from } : { from, to });
  },
} as const;

function listOf(monitor: string, most: number, span: { from?: string; to?: string }): string {
  const query = new URLSearchParams({ ...span, limit: String(most) });
  return `/v1/monitors/${encodeURIComponent(monitor)}/rounds?${query.toString()}`;
}

const firstRoundAt = ([opening]: readonly ReadRecord[]): string | null =>
  opening?.predicate.rounds[0]?.openedAt ?? null;

/**
 * Of the `most` newest rounds before those that the opening rests on: the unbroken run up to it in
 * which somebody voted down, oldest first. A record names only as many rounds as confirm it. None where
 * the run has no beginning in sight: then something failed for long, and the incident came later.
 */
export function leadInOf(before: readonly RoundResource[], most: number): RoundResource[] {
  const newestFirst = before.toSorted((a, b) => b.openedAt.localeCompare(a.openedAt));
  const failed = ({ verdict, votes }: RoundResource): boolean =>
    verdict !== 'up' && votes.some(({ vote }) => vote === 'down');
  const end = newestFirst.findIndex((round) => !failed(round));
  if (end === -1 && newestFirst.length >= most) return [];
  return newestFirst.slice(0, end === -1 ? undefined : end).toReversed();
}
