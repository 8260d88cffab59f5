/** The incident as a chain: every step there, in order, about the same thing. */
import type { IncidentPredicate } from '@trustmonitor/protocol';
import { CheckFailed, checked, type Checked } from './report.ts';
import { countOf, type VerifiedRecord, type VerifiedRecords } from './records.ts';

type Step = IncidentPredicate['step'];

/** Which step may follow which; null stands for the beginning. */
const NEXT_STEPS: Readonly<Record<Step | 'start', readonly Step[]>> = {
  start: ['open'],
  open: ['update', 'resolve', 'amend'],
  update: ['update', 'resolve', 'amend'],
  amend: ['update', 'resolve', 'amend'],
  resolve: ['amend'],
};

export function checkChain(records: VerifiedRecords, network: string): Checked<null> {
  const [first] = records;
  let previous: VerifiedRecord | null = null;
  for (const record of records) {
    requireLink(record, previous);
    requireSameIncident(record.predicate, first.predicate, network);
    requireResolution(record.predicate, previous?.predicate ?? null);
    requireRevision(record.predicate, previous?.predicate ?? null);
    requireReason(record.predicate);
    previous = record;
  }
  const steps = records.map(({ predicate }) => predicate.step).join(', ');
  return checked(null, `${countOf(records.length, 'record')}: ${steps}`);
}

function requireLink(record: VerifiedRecord, previous: VerifiedRecord | null): void {
  if (record.predicate.previous !== (previous?.digest ?? null)) {
    throw new CheckFailed(`the ${record.predicate.step} record does not follow the one before it`);
  }
}

function requireSameIncident(
  predicate: IncidentPredicate,
  first: IncidentPredicate,
  network: string,
): void {
  if (predicate.network !== network) {
    throw new CheckFailed(`a record is of network ${predicate.network}, not ${network}`);
  }
  for (const field of ['incident', 'monitor', 'openedAt'] as const) {
    if (predicate[field] !== first[field]) {
      throw new CheckFailed(`records disagree on ${field}: ${first[field]}, ${predicate[field]}`);
    }
  }
}

/** An edit during the incident makes a new revision, never an older one. */
function requireRevision(predicate: IncidentPredicate, previous: IncidentPredicate | null): void {
  if (previous !== null && predicate.revision < previous.revision) {
    throw new CheckFailed(`revision ${predicate.revision} comes after ${previous.revision}`);
  }
}

/** What is done by hand says why, and what is decided by votes says nothing else. */
function requireReason({ step, amendment }: IncidentPredicate): void {
  if ((step === 'amend') !== (amendment !== undefined)) {
    throw new CheckFailed(
      step === 'amend' ? 'an amend record gives no reason' : `the ${step} record has an amendment`,
    );
  }
}

/**
 * Steps in order. The incident is resolved from `resolve` on, or from the `amend` that closed it
 * by hand: at the time of that record, and at no other.
 */
function requireResolution(
  { step, resolvedAt, recordedAt }: IncidentPredicate,
  previous: IncidentPredicate | null,
): void {
  const wasResolved = previous !== null && previous.resolvedAt !== null;
  const before = previous === null ? 'start' : wasResolved ? 'resolve' : previous.step;
  if (!NEXT_STEPS[before].includes(step)) {
    throw new CheckFailed(`a record of step ${step} cannot come after ${before}`);
  }
  const isClosedByHand = step === 'amend' && resolvedAt === recordedAt;
  const isResolved = step === 'resolve' || wasResolved;
  if ((resolvedAt !== null) !== isResolved && !isClosedByHand) {
    throw new CheckFailed(`the ${step} record has resolvedAt ${resolvedAt ?? 'null'}`);
  }
  if (wasResolved && resolvedAt !== previous.resolvedAt) {
    throw new CheckFailed(`records disagree on resolvedAt`);
  }
}
