/**
 * One cycle's decisions -> one transaction: results, batches, rounds, states, incidents with
 * their signed records, and a row for each message to be sent. Either all of it happened or
 * none, and only afterwards does anything leave this process.
 */
import type { Signer } from '@trustmonitor/evidence';
import type { Clock } from './clock.ts';
import { announcementOf, recipientsOf, summarise } from './announce.ts';
import type { About, Decisions, IncidentEffect } from './decide.ts';
import { signRecord, type RingReference } from './record.ts';
import { selectChannels } from './store/channels.ts';
import type { Database, Queryable } from './store/database.ts';
import {
  insertIncident,
  insertRecord,
  resolveIncident,
  selectRecords,
  updateIncident,
} from './store/incidents.ts';
import { holdLease } from './store/lease.ts';
import { upsertStates } from './store/monitors.ts';
import { insertOutbox } from './store/outbox.ts';
import { insertBatches, insertResults, selectBatches, selectResults } from './store/results.ts';
import { insertRounds } from './store/rounds.ts';

export interface CommitContext {
  readonly database: Database;
  readonly clock: Clock;
  readonly signer: Signer;
  readonly network: string;
  /** The ring that the cycle's votes were verified against. */
  readonly ring: RingReference;
  readonly lease: { readonly owner: string; readonly epoch: number };
  /** What links in messages start with. */
  readonly apiUrl: string;
}

/** Writes everything or nothing. Throws `lease.lost` when another coordinator decides now. */
export async function commitDecisions(decisions: Decisions, context: CommitContext): Promise<void> {
  await context.database.transaction(async (tx) => {
    await holdLease(tx, context.lease.owner, context.lease.epoch);
    await insertBatches(tx, decisions.batches);
    await insertResults(tx, decisions.results);
    await insertRounds(tx, roundRows(decisions));
    await upsertStates(tx, stateRows(decisions));
    for (const step of decisions.incidents) await commitIncident(tx, step, context);
  });
}

function roundRows(decisions: Decisions): Parameters<typeof insertRounds>[1] {
  return decisions.rounds.map(({ watched, effect: { round } }) => ({
    id: round.id,
    monitor: watched.definition.id,
    revision: watched.revision,
    openedAtMs: round.openedAt,
    closedAtMs: round.closedAt,
    verdict: round.verdict,
    required: round.required,
    members: round.members,
    votes: round.votes,
  }));
}

/** A state changes for good only when a round closes; an open round is not worth keeping. */
function stateRows(decisions: Decisions): Parameters<typeof upsertStates>[1] {
  const lastRound = new Map(
    decisions.rounds.map(({ watched, effect }) => [watched.definition.id, effect.round.closedAt]),
  );
  return [...lastRound].flatMap(([monitor, lastRoundAtMs]) => {
    const decided = decisions.states.get(monitor);
    return decided === undefined ? [] : [{ monitor, state: decided.state, lastRoundAtMs }];
  });
}

async function commitIncident(
  tx: Queryable,
  step: About<IncidentEffect>,
  context: CommitContext,
): Promise<void> {
  const { watched, effect } = step;
  const rounds = effect.rounds.map((round) => round.id);
  const results = (await selectResults(tx, rounds)).filter(({ counted }) => counted);
  const batches = await selectBatches(
    tx,
    results.map(({ batch }) => batch),
  );
  const summary = summarise(step, results);
  await writeIncident(tx, step, summary);
  const previous = (await selectRecords(tx, effect.incident.id)).at(-1) ?? null;
  const record = signRecord(
    {
      step,
      results,
      batches,
      previous,
      ring: context.ring,
      network: context.network,
      recordedAtMs: context.clock(),
    },
    context.signer,
  );
  await insertRecord(tx, record);
  const channels = (await selectChannels(tx)).map(({ id }) => id);
  await insertOutbox(
    tx,
    recipientsOf(watched.definition, effect, channels),
    effect.incident.id,
    announcementOf(step, summary, context.apiUrl),
  );
}

async function writeIncident(
  tx: Queryable,
  { watched, effect }: About<IncidentEffect>,
  summary: ReturnType<typeof summarise>,
): Promise<void> {
  const { id, kind, openedAt } = effect.incident;
  if (effect.step === 'open') {
    await insertIncident(tx, {
      id,
      monitor: watched.definition.id,
      kind,
      verdict: effect.verdict,
      summary,
      openedAtMs: openedAt,
      resolvedAtMs: null,
    });
  } else if (effect.step === 'update') {
    await updateIncident(tx, id, kind, effect.verdict);
  } else {
    await resolveIncident(tx, id, effect.verdict, effect.at);
  }
}
