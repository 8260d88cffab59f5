/** Whether the times in the records make sense beside each other and beside the votes. */
import { parseTimestamp, uuid7Time } from '@trustmonitor/protocol';
import { CheckFailed, checked, type Checked } from './report.ts';
import type { VerifiedRecord, VerifiedRecords } from './records.ts';

/** A round's id is made when it opens. */
const ROUND_ID_SKEW_MS = 5_000;

export function checkTimes(records: VerifiedRecords): Checked<null> {
  let latest = Number.NEGATIVE_INFINITY;
  for (const record of records) {
    requireRounds(record);
    requireRecord(record, latest);
    requireDecidedTimes(record);
    latest = parseTimestamp(record.predicate.recordedAt);
  }
  return checked(null, 'rounds, records and ids are in order');
}

function requireRounds({ predicate }: VerifiedRecord): void {
  let latest = Number.NEGATIVE_INFINITY;
  for (const { round, openedAt, closedAt } of predicate.rounds) {
    const opened = parseTimestamp(openedAt);
    requireOrder(latest, opened, `round ${round} opened before the one before it`);
    requireOrder(opened, parseTimestamp(closedAt), `round ${round} closed before it opened`);
    if (!(Math.abs(uuid7Time(round) - opened) <= ROUND_ID_SKEW_MS)) {
      throw new CheckFailed(`round ${round} was not opened at ${openedAt}, as its id shows`);
    }
    latest = opened;
  }
}

function requireRecord({ predicate }: VerifiedRecord, earlier: number): void {
  const { step, rounds, openedAt, resolvedAt } = predicate;
  const recordedAt = parseTimestamp(predicate.recordedAt);
  requireOrder(earlier, recordedAt, `the ${step} record is older than the one before it`);
  requireOrder(parseTimestamp(openedAt), recordedAt, 'the incident opened after its record');
  for (const { round, closedAt } of rounds) {
    requireOrder(parseTimestamp(closedAt), recordedAt, `round ${round} closed after its record`);
  }
  if (resolvedAt !== null) {
    requireOrder(parseTimestamp(openedAt), parseTimestamp(resolvedAt), 'resolved before it opened');
    requireOrder(parseTimestamp(resolvedAt), recordedAt, 'resolved after its record');
  }
}

/** An incident begins and ends with the round that decided so, not when anybody likes. */
function requireDecidedTimes({ predicate }: VerifiedRecord): void {
  const { step, rounds, openedAt, resolvedAt } = predicate;
  const decidedAt = rounds.at(-1)?.closedAt;
  if (step === 'open' && openedAt !== decidedAt) {
    throw new CheckFailed(`opened at ${openedAt}, and decided at ${decidedAt ?? 'no time'}`);
  }
  if (step === 'resolve' && resolvedAt !== decidedAt) {
    throw new CheckFailed(
      `resolved at ${resolvedAt ?? 'no time'}, and decided at ${decidedAt ?? 'no time'}`,
    );
  }
}

/** Written so that an impossible date (NaN) fails. */
function requireOrder(earlier: number, later: number, complaint: string): void {
  if (!(earlier <= later)) throw new CheckFailed(complaint);
}
