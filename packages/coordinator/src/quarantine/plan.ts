/**
 * Which regions are not asked, because what they say is known to be worth nothing. Pure.
 *
 *     voting      -- a reason, and the others can decide alone --> quarantined
 *     voting      -- a reason, and they could not ---------------> voting, and people are told
 *     quarantined -- AGREEING answers in probation agree, in a
 *                    row and over a while -----------------------> voting
 *
 * A region in quarantine stays a member of every round, so that k stays: it abstains by silence. It
 * is asked in probation only, beside the rounds, about monitors of which the others are sure. The
 * while doubles each time that it is back within a day.
 *
 * A region that is drained (see `drains/`) is not asked either, and not judged: it cannot enter, and
 * what is said of it counts for nothing.
 *
 * Where more regions have a reason than the rest could do without, it is the network that fails, or
 * us, and not those regions: none of them is added.
 */
import type { Member, QuarantineReason } from '@trustmonitor/protocol';

/** Answers in a row that must agree, and over how long. */
export const AGREEING = 5;
const PROBATION_MS = 60_000;
const LONGEST_PROBATION_MS = 3_600_000;
const OFFENCES_FORGOTTEN_MS = 86_400_000;

export interface RegionRecord {
  readonly region: string;
  readonly reason: QuarantineReason;
  /** Null while it votes. */
  readonly sinceMs: number | null;
  readonly agreeing: number;
  readonly agreeingSinceMs: number | null;
  readonly offence: number;
  readonly releasedAtMs: number | null;
  readonly withheldAtMs: number | null;
}

export interface Candidate {
  readonly region: string;
  readonly reason: QuarantineReason;
}

export interface EntryPlan {
  readonly enter: readonly RegionRecord[];
  readonly withheld: readonly RegionRecord[];
}

/** Regions that operators have taken out themselves: they have no vote, and are not judged. */
export type Drained = Pick<ReadonlySet<string>, 'has'>;

const NOBODY: Drained = new Set();

/** `members`: all regions that are enrolled, with their groups. */
export function planEntries(
  candidates: readonly Candidate[],
  records: ReadonlyMap<string, RegionRecord>,
  members: readonly Member[],
  nowMs: number,
  drained = NOBODY,
): EntryPlan {
  const isOut = (region: string): boolean =>
    drained.has(region) || (records.get(region)?.sinceMs ?? null) !== null;
  const news = candidates.filter(({ region }) => !isOut(region));
  const out = new Set(news.map(({ region }) => region));
  const rest = members.filter(({ region }) => !isOut(region) && !out.has(region));
  const canDecide = groupsOf(rest) * 2 > groupsOf(members);
  if (canDecide) return { enter: news.map((one) => entered(one, records, nowMs)), withheld: [] };
  const withheld = news.map((one) => ({
    ...(records.get(one.region) ?? NEVER),
    ...one,
    withheldAtMs: nowMs,
  }));
  return { enter: [], withheld };
}

const NEVER = {
  sinceMs: null,
  agreeing: 0,
  agreeingSinceMs: null,
  offence: 1,
  releasedAtMs: null,
  withheldAtMs: null,
} as const;

function entered(
  candidate: Candidate,
  records: ReadonlyMap<string, RegionRecord>,
  nowMs: number,
): RegionRecord {
  const before = records.get(candidate.region);
  const releasedAtMs = before?.releasedAtMs ?? null;
  const isAgain = releasedAtMs !== null && nowMs - releasedAtMs < OFFENCES_FORGOTTEN_MS;
  const offence = isAgain ? (before?.offence ?? 0) + 1 : 1;
  return { ...NEVER, ...candidate, sinceMs: nowMs, offence, releasedAtMs };
}

function groupsOf(members: readonly Member[]): number {
  return new Set(members.map(({ group }) => group)).size;
}

/** That a region is kept in although it should go is noted anew after this time. */
const NOTE_AGAIN_MS = 10_000;

/** The records that one look changes, by region: who enters, who is kept in, and what was answered. */
export function changedRecords(
  candidates: readonly Candidate[],
  answers: readonly { readonly region: string; readonly stance: string }[],
  records: ReadonlyMap<string, RegionRecord>,
  members: readonly Member[],
  nowMs: number,
  drained = NOBODY,
): Map<string, RegionRecord> {
  const { enter, withheld } = planEntries(candidates, records, members, nowMs, drained);
  const changed = new Map(enter.map((record) => [record.region, record]));
  for (const record of withheld) {
    const notedAtMs = records.get(record.region)?.withheldAtMs ?? -Infinity;
    if (nowMs - notedAtMs >= NOTE_AGAIN_MS) changed.set(record.region, record);
  }
  for (const { region, stance } of answers) {
    const before = changed.get(region) ?? records.get(region);
    if (before !== undefined) changed.set(region, afterAnswer(before, stance === 'agrees', nowMs));
  }
  return changed;
}

/**
 * The candidates that are judged now: none while another was found since the last look, as regions
 * that fail together are seen to one after the other, and must be judged together. `out`: those in
 * quarantine; `suspected`: what this returned the last time.
 */
export function settled(
  candidates: readonly Candidate[],
  out: ReadonlySet<string>,
  suspected: ReadonlySet<string>,
): { readonly candidates: readonly Candidate[]; readonly suspected: ReadonlySet<string> } {
  const now = candidates.map(({ region }) => region).filter((region) => !out.has(region));
  const isSettled = now.every((region) => suspected.has(region));
  return { candidates: isSettled ? candidates : [], suspected: new Set(now) };
}

/** How long it must agree before it votes again, in ms. */
export function probationMs({ offence }: Pick<RegionRecord, 'offence'>): number {
  return Math.min(LONGEST_PROBATION_MS, PROBATION_MS * 2 ** Math.min(offence - 1, 10));
}

/** After one answer in probation; one that did not come, or says nothing, does not agree. */
export function afterAnswer(before: RegionRecord, agrees: boolean, nowMs: number): RegionRecord {
  if (before.sinceMs === null) return before;
  if (!agrees) return { ...before, agreeing: 0, agreeingSinceMs: null };
  const agreeingSinceMs = before.agreeingSinceMs ?? nowMs;
  const agreeing = before.agreeing + 1;
  const isOver = agreeing >= AGREEING && nowMs - agreeingSinceMs >= probationMs(before);
  if (!isOver) return { ...before, agreeing, agreeingSinceMs };
  return { ...before, ...NEVER, offence: before.offence, releasedAtMs: nowMs };
}
