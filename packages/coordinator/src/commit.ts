/**
 * One cycle's decisions -> one transaction: results, batches, rounds, states, incidents with
 * their signed records, and what alerts are to tell of them. Either all of it happened or none, and
 * only afterwards does anything leave this process.
 */
import type { Signer } from '@trustmonitor/evidence';
import { TrustMonitorError, isTrustMonitorError, type Result } from '@trustmonitor/protocol';
import type { Clock } from './clock.ts';
import { incidentFacts } from './alerts/facts.ts';
import { announcementOf, summarise } from './announce.ts';
import type { About, Decisions, IncidentEffect } from './decide.ts';
import type { Lost } from './lease/tenancy.ts';
import { eventsOf } from './live-events.ts';
import type { LinkSettings } from './links.ts';
import { appendToLog, type Loggable } from './log/append.ts';
import { RingSuperseded } from './keyrings.ts';
import { signRecord, type RingReference } from './record.ts';
import { insertAlertEvents } from './store/alerts.ts';
import type { Database, Queryable } from './store/database.ts';
import { insertEvents } from './store/events.ts';
import {
  holdIncidents,
  insertIncident,
  insertRecord,
  resolveIncident,
  selectIncident,
  selectRecords,
  updateIncident,
  type IncidentSummary,
  type StoredRecord,
} from './store/incidents.ts';
import { selectNewestVersion } from './store/keyrings.ts';
import { selectLastGood, type Before } from './store/last-good.ts';
import { holdShards, noteTurn, type Epochs } from './store/lease.ts';
import { holdMonitors } from './store/monitors.ts';
import { upsertStates } from './store/monitor-states.ts';
import { insertBatches, insertResults, selectBatches, selectResults } from './store/results.ts';
import { insertRounds } from './store/rounds.ts';

export interface CommitContext {
  readonly database: Database;
  readonly clock: Clock;
  readonly signer: Signer;
  readonly network: string;
  /** The ring that the cycle's votes were verified against. */
  readonly ring: RingReference;
  /** Id of this coordinator. */
  readonly owner: string;
  /** Whether the key ring names a log; then what is signed is logged with what it is about. */
  readonly isLogged: boolean;
  readonly links: LinkSettings;
}

/** What one commit writes. */
export interface Writes {
  /** Above that of every earlier commit of this process, and the same when it is tried again. */
  readonly turn: number;
  readonly decisions: Decisions;
  /** The shards that the decisions and their results are about, as they are held. */
  readonly epochs: Epochs;
}

/**
 * Writes everything or nothing. Null when it is written; otherwise what another coordinator
 * decides about now, without which the turn is to be decided again. Throws `RingSuperseded` when
 * what was decided rests on a key ring that is not the newest.
 */
export async function commitWrites(writes: Writes, context: CommitContext): Promise<Lost | null> {
  const lost: { shards: number[]; monitors: string[] } = { shards: [], monitors: [] };
  try {
    await context.database.transaction(async (tx) => {
      lost.shards = await lostShards(tx, writes.epochs, context.owner);
      if (lost.shards.length > 0) throw leaseLost();
      // Tried again because the answer to COMMIT was lost: it is all there.
      if (!(await noteTurn(tx, context.owner, writes.turn))) return;
      lost.monitors = await closedMeanwhile(tx, writes.decisions);
      if (lost.monitors.length > 0) throw leaseLost();
      await write(tx, writes.decisions, context);
      lost.monitors = await movedMonitors(tx, writes.decisions.incidents);
      if (lost.monitors.length > 0) throw leaseLost();
    });
    return null;
  } catch (error) {
    if (isTrustMonitorError(error, 'lease.lost')) return lost;
    throw error;
  }
}

function leaseLost(): TrustMonitorError {
  return new TrustMonitorError('lease.lost', 'these were taken away meanwhile');
}

async function lostShards(tx: Queryable, epochs: Epochs, owner: string): Promise<number[]> {
  const held = await holdShards(tx, owner, epochs);
  return [...epochs.keys()].filter((shard) => !held.has(shard));
}

async function write(tx: Queryable, decisions: Decisions, context: CommitContext): Promise<void> {
  const stored = await insertBatches(tx, decisions.batches);
  await insertResults(tx, decisions.results);
  await insertRounds(tx, roundRows(decisions));
  await upsertStates(tx, stateRows(decisions));
  const records = await commitIncidents(tx, decisions.incidents, context);
  if (context.isLogged) {
    const heads = decisions.batchHeads.filter(({ digest }) => stored.has(digest));
    await appendToLog(tx, [...heads, ...records.map((record) => loggable(record, context))]);
    await requireNewestRing(tx, context.ring.version);
  }
  const recorded = new Set(records.map(({ incident }) => incident));
  await insertEvents(tx, eventsOf(decisions, recorded));
}

/**
 * Asked while the log is locked, as whoever logs a key ring locks it too: so no vote is logged
 * behind the version that revokes its key.
 */
async function requireNewestRing(tx: Queryable, version: number): Promise<void> {
  if ((await selectNewestVersion(tx)) > version) throw new RingSuperseded();
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
    decisions.rounds.map(({ watched, effect }) => [
      watched.definition.id,
      { shard: watched.shard, lastRoundAtMs: effect.round.closedAt },
    ]),
  );
  return [...lastRound].flatMap(([monitor, last]) => {
    const decided = decisions.states.get(monitor);
    return decided === undefined ? [] : [{ monitor, state: decided.state, ...last }];
  });
}

/** Monitors whose incident somebody closed by hand: what was decided rests on its being open. */
async function closedMeanwhile(tx: Queryable, { states, incidents }: Decisions): Promise<string[]> {
  const standing = [...states.values()].flatMap(({ state }) => state.incident?.id ?? []);
  const ended = incidents.map(({ effect }) => effect.incident.id);
  return holdIncidents(tx, [...new Set([...standing, ...ended])]);
}

/** Monitors that became another kind meanwhile, and so another coordinator's. */
async function movedMonitors(tx: Queryable, incidents: Decisions['incidents']): Promise<string[]> {
  const ids = incidents.map(({ watched }) => watched.definition.id);
  const there = await holdMonitors(tx, ids);
  return incidents.flatMap(({ watched: { definition, shard } }) =>
    (there.get(definition.id) ?? shard) === shard ? [] : [definition.id],
  );
}

/** A monitor that was deleted while it was decided about keeps its rounds, and nothing opens. */
async function commitIncidents(
  tx: Queryable,
  incidents: Decisions['incidents'],
  context: CommitContext,
): Promise<StoredRecord[]> {
  const records: StoredRecord[] = [];
  const there = await holdMonitors(
    tx,
    incidents.map(({ watched }) => watched.definition.id),
  );
  const steps = incidents.filter(({ watched }) => there.has(watched.definition.id));
  const good = await selectLastGood(tx, steps.flatMap(beforeOpening));
  for (const step of steps) {
    const isOpening = step.effect.step === 'open';
    const before = isOpening ? good.get(step.watched.definition.id) : undefined;
    records.push(await commitIncident(tx, step, before ?? [], context));
  }
  return records;
}

function loggable({ digest, envelope }: StoredRecord, { signer }: CommitContext): Loggable {
  return { kind: 'record', digest, envelope, publicKeys: [signer.publicKey] };
}

async function commitIncident(
  tx: Queryable,
  step: About<IncidentEffect>,
  good: readonly Result[],
  context: CommitContext,
): Promise<StoredRecord> {
  const { watched, effect } = step;
  const rounds = effect.rounds.map((round) => round.id);
  const results = (await selectResults(tx, rounds)).filter(({ counted }) => counted);
  const batches = await selectBatches(
    tx,
    results.map(({ batch }) => batch),
  );
  const summary = summarise(step, results, good);
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
      recordedAtMs: recordingTime(step, previous, context.clock()),
    },
    context.signer,
  );
  await insertRecord(tx, record);
  const opened = await openingSummary(tx, step, summary);
  await insertAlertEvents(tx, [
    {
      step: ALERT_STEPS[effect.step],
      facts: incidentFacts(watched.definition, {
        id: effect.incident.id,
        verdict: effect.verdict,
        regionsDown: summary.regionsDown,
      }),
      message: announcementOf(step, summary, opened, context.links),
    },
  ]);
  return record;
}

const ALERT_STEPS = { open: 'opened', update: 'updated', resolve: 'resolved' } as const;

/** What it was like when it was up is looked for when an incident opens, and then only. */
function beforeOpening({ watched, effect }: About<IncidentEffect>): Before[] {
  const [first] = effect.rounds;
  if (effect.step !== 'open' || first === undefined) return [];
  return [{ monitor: watched.definition.id, round: first.id }];
}

/** Never before what is recorded, even when a clock was set back between two processes. */
function recordingTime(
  { effect }: About<IncidentEffect>,
  previous: { readonly recordedAtMs: number } | null,
  nowMs: number,
): number {
  return Math.max(nowMs, effect.at, previous?.recordedAtMs ?? 0);
}

async function openingSummary(
  tx: Queryable,
  { effect }: About<IncidentEffect>,
  summary: IncidentSummary,
): Promise<IncidentSummary> {
  if (effect.step === 'open') return summary;
  return (await selectIncident(tx, effect.incident.id))?.summary ?? summary;
}

async function writeIncident(
  tx: Queryable,
  { watched, effect }: About<IncidentEffect>,
  summary: IncidentSummary,
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
