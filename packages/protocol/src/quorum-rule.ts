/** How many voting groups must agree, as people write it and as the engine counts it. */
import { TrustMonitorError } from './errors.ts';

/** A quorum rule in its canonical spelling: `majority`, `all`, `any`, `2`, `2/3` or `60%`. */
export type QuorumRule = string;

/** The pattern of a rule's canonical spelling, for schemas. */
export const QUORUM_PATTERN =
  '^(?:majority|all|any|[1-9]\\d{0,3}|[1-9]\\d{0,3}/[1-9]\\d{0,3}|\\d{1,3}%)$';

/**
 * k, the number of voting groups that must agree out of `groups` (the full membership of a
 * round, never those who happened to answer).
 *
 * `majority` is more than half; `60%` and `2/3` of another number of groups are rounded up; a
 * plain number is taken as it is. Throws `quorum.invalid` for what is not a rule and
 * `quorum.unreachable` when k would be larger than `groups`.
 */
export function requiredVotes(rule: QuorumRule, groups: number): number {
  const required = countOf(rule, groups);
  if (required > groups) {
    throw new TrustMonitorError(
      'quorum.unreachable',
      `quorum ${rule} needs ${required} voting groups, but there are only ${groups}`,
      { where: '/quorum', hint: 'Lower the quorum, or add regions in other voting groups.' },
    );
  }
  return required;
}

function countOf(rule: QuorumRule, groups: number): number {
  if (rule === 'majority') return Math.floor(groups / 2) + 1;
  if (rule === 'all') return groups;
  if (rule === 'any') return 1;
  const count = /^(\d+)$/.exec(rule);
  if (count !== null) return atLeastOne(rule, Number(count[1]));
  const share = /^(\d+)\/(\d+)$/.exec(rule);
  if (share !== null) return shareOf(rule, Number(share[1]), Number(share[2]), groups);
  const percent = /^(\d+)%$/.exec(rule);
  if (percent !== null) return shareOf(rule, Number(percent[1]), 100, groups);
  throw invalid(rule);
}

/** `2/3` with three groups is two; with five groups it is four: never fewer than the share. */
function shareOf(rule: QuorumRule, part: number, whole: number, groups: number): number {
  if (part > whole || whole === 0) throw invalid(rule);
  return atLeastOne(rule, Math.ceil((part * groups) / whole));
}

function atLeastOne(rule: QuorumRule, count: number): number {
  if (count < 1) throw invalid(rule);
  return count;
}

function invalid(rule: string): TrustMonitorError {
  return new TrustMonitorError('quorum.invalid', `"${rule}" is not a quorum`, {
    where: '/quorum',
    hint: 'Write majority, all, any, a number (2), a share (2/3) or a percentage (60%).',
  });
}
