/** The one order of a bundle's votes: as the records first name them, oldest record first. */
import type { IncidentStatement, RecordedVote } from '@trustmonitor/protocol';

/** What tells one result from all others. */
export const voteName = ({ batch, index }: Pick<RecordedVote, 'batch' | 'index'>): string =>
  `${batch}/${index}`;

/** Each result that the records name, once. */
export function votesInOrder(statements: readonly IncidentStatement[]): RecordedVote[] {
  const votes = new Map<string, RecordedVote>();
  for (const vote of statements.flatMap(({ predicate }) => predicate.votes)) {
    if (!votes.has(voteName(vote))) votes.set(voteName(vote), vote);
  }
  return [...votes.values()];
}
