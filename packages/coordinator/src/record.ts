/** An incident step -> the signed statement of it, from the votes as they are stored. */
import { signRecord as signStatement, type Signer } from '@trustmonitor/evidence';
import {
  INCIDENT_PREDICATE_TYPE,
  STATEMENT_TYPE,
  TrustMonitorError,
  formatTimestamp,
  targetOf,
  type IncidentPredicate,
  type IncidentStatement,
  type RecordedVote,
  type Uuid7,
} from '@trustmonitor/protocol';
import type { About, IncidentEffect } from './decide.ts';
import type { StoredRecord } from './store/incidents.ts';
import type { BatchRow, StoredResult } from './store/results.ts';

/** The key ring that the votes were verified against. */
export interface RingReference {
  readonly version: number;
  readonly digest: string;
}

export interface RecordInput {
  readonly step: About<IncidentEffect>;
  /** Counted results of the step's rounds. */
  readonly results: readonly StoredResult[];
  /** The batches of those results, by digest. */
  readonly batches: ReadonlyMap<string, BatchRow>;
  /** The incident's newest record; null when this is its first. */
  readonly previous: StoredRecord | null;
  readonly ring: RingReference;
  readonly network: string;
  readonly recordedAtMs: number;
}

/**
 * Builds and signs the record. Fails with `internal` when a counted vote has no stored result:
 * a record is never signed with less evidence than the decision had.
 */
export function signRecord(input: RecordInput, signer: Signer): StoredRecord {
  const { step, previous, recordedAtMs } = input;
  const { digest, envelope } = signStatement(statementOf(input), signer);
  return {
    digest,
    incident: step.effect.incident.id,
    stepNumber: (previous?.stepNumber ?? 0) + 1,
    step: step.effect.step,
    envelope,
    recordedAtMs,
  };
}

function statementOf(input: RecordInput): IncidentStatement {
  const { definition, checkDigest } = input.step.watched;
  return {
    _type: STATEMENT_TYPE,
    subject: [{ name: targetOf(definition.check), digest: { sha256: checkDigest } }],
    predicateType: INCIDENT_PREDICATE_TYPE,
    predicate: predicateOf(input),
  };
}

function predicateOf(input: RecordInput): IncidentPredicate {
  const { watched, effect } = input.step;
  const lastRound = effect.rounds.at(-1);
  if (lastRound === undefined) throw missingEvidence('an incident step has no rounds');
  return {
    network: input.network,
    monitor: watched.definition.id,
    revision: watched.revision,
    incident: effect.incident.id,
    step: effect.step,
    previous: input.previous?.digest ?? null,
    verdict: effect.verdict,
    openedAt: formatTimestamp(effect.incident.openedAt),
    resolvedAt: effect.step === 'resolve' ? formatTimestamp(effect.at) : null,
    recordedAt: formatTimestamp(input.recordedAtMs),
    rounds: effect.rounds.map((round) => ({
      round: round.id,
      openedAt: formatTimestamp(round.openedAt),
      closedAt: formatTimestamp(round.closedAt),
      verdict: round.verdict,
    })),
    policy: watched.definition.policy,
    members: lastRound.members.map(({ region, group }) => ({ region, group })),
    keyring: input.ring,
    votes: effect.rounds.flatMap((round) =>
      round.votes.map((vote) => recordedVote(round.id, vote.agent, input)),
    ),
  };
}

/** A counted vote, by the result that proves it. */
function recordedVote(round: Uuid7, agent: string, input: RecordInput): RecordedVote {
  const stored = input.results.find(
    ({ result, counted }) => counted && result.round === round && result.agent === agent,
  );
  const leaf = stored && input.batches.get(stored.batch)?.leafHashes[stored.index];
  if (stored === undefined || leaf === undefined) {
    throw missingEvidence(`the result of ${agent} in round ${round} is not stored`);
  }
  return {
    agent,
    region: stored.result.region,
    round,
    vote: stored.result.outcome,
    batch: stored.batch,
    index: stored.index,
    leaf,
  };
}

function missingEvidence(what: string): TrustMonitorError {
  return new TrustMonitorError('internal', `an incident cannot be recorded: ${what}`);
}
