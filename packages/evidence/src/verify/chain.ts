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

/** Steps in order; from `resolve` on the incident is resolved, and only then. */
function requireResolution(
  { step, resolvedAt }: IncidentPredicate,
  previous: IncidentPredicate | null,
): void {
  const wasResolved = previous !== null && previous.resolvedAt !== null;
  const before = previous === null ? 'start' : wasResolved ? 'resolve' : previous.step;
  if (!NEXT_STEPS[before].includes(step)) {
    throw new CheckFailed(`a record of step ${step} cannot come after ${before}`);
  }
  const isResolved = step === 'resolve' || wasResolved;
  if ((resolvedAt !== null) !== isResolved) {
    throw new CheckFailed(`the ${step} record has resolvedAt ${resolvedAt ?? 'null'}`);
  }
  if (wasResolved && resolvedAt !== previous.resolvedAt) {
    throw new CheckFailed(`records disagree on resolvedAt`);
  }
}
