/** Rows for the store's tests: real signed batches, and rounds and incidents beside them. */
import {
  checkDigest,
  openBatch,
  sealBatch,
  signerFromSeed,
  type KeySource,
} from '@trustmonitor/evidence';
import { nodeVerifier } from '@trustmonitor/evidence/node';
import { jwkOf } from '@trustmonitor/evidence';
import {
  formatTimestamp,
  makeUuid7,
  type Envelope,
  type MaintenanceWindow,
  type Result,
  type SeenCheckpoint,
  type Uuid7,
} from '@trustmonitor/protocol';
import { createHash, randomBytes } from 'node:crypto';
import type { Queryable } from '../../src/store/database.ts';
import { upsertWindow } from '../../src/store/maintenance.ts';
import { insertOccurrence, insertStatement } from '../../src/store/occurrences.ts';
import { insertRevision } from '../../src/store/revisions.ts';
import type { StoredIncident } from '../../src/store/incidents.ts';
import type { BatchRow, ResultRow } from '../../src/store/results.ts';
import type { StoredRound } from '../../src/store/rounds.ts';
import { resultBy } from '../support/hand-agent.ts';
import { MEMBERS, monitorOf } from '../support/watched.ts';

const NETWORK = 'test';
const signer = signerFromSeed(new Uint8Array(32).fill(9));

const keys: KeySource = {
  network: NETWORK,
  key: () => ({
    ...jwkOf(signer.publicKey),
    publicKey: signer.publicKey,
    role: 'agent-vote',
    agent: 'eu-1',
    region: 'eu',
    group: 'group-eu',
    operator: null,
    validFor: { start: '2020-01-01T00:00:00.000Z', end: null },
    revokedAtLogSize: null,
  }),
};

export const newId = (atMs = Date.now()): Uuid7 => makeUuid7(atMs, randomBytes(10));

/** A result of agent `eu-1` as the agent would make it. */
export function resultOf(changes: Partial<Result> = {}): Result {
  const definition = monitorOf(changes.monitor ?? 'checkout').check;
  const job = {
    monitor: changes.monitor ?? 'checkout',
    round: changes.round ?? newId(),
    check: { digest: checkDigest(definition), definition },
  };
  return resultBy({ agent: 'eu-1', region: 'eu' }, job, changes);
}

let sealedBatches = 0;

export const batchOf = (...results: Result[]): { batch: BatchRow; rows: ResultRow[] } =>
  batchAfter(null, ...results);

/**
 * Seals and opens results as agent and intake do: what is stored is what was signed. `seen`: the
 * checkpoint that the agent knew.
 */
export function batchAfter(
  seen: SeenCheckpoint | null,
  ...results: Result[]
): { batch: BatchRow; rows: ResultRow[] } {
  sealedBatches += 1;
  const header = {
    network: NETWORK,
    agent: 'eu-1',
    seq: sealedBatches,
    prev: null,
    sealedAt: formatTimestamp(Date.now()),
    seen,
  };
  const opened = openBatch(sealBatch(header, results, signer).message, keys, nodeVerifier);
  return {
    batch: {
      digest: opened.digest,
      agent: 'eu-1',
      seq: sealedBatches,
      envelope: JSON.stringify(opened.envelope),
      leafHashes: opened.leaves.map(({ hash }) => hash),
    },
    rows: opened.leaves.map(({ result, text, index }) => ({
      result,
      leaf: text,
      batch: opened.digest,
      index,
      counted: true,
    })),
  };
}

export function roundRow(changes: Partial<StoredRound> = {}): StoredRound {
  const now = Date.now();
  return {
    id: newId(now),
    monitor: 'checkout',
    revision: 1,
    openedAtMs: now,
    closedAtMs: now + 10,
    verdict: 'down',
    required: 2,
    members: MEMBERS,
    votes: [{ region: 'eu', agent: 'eu-1', vote: 'down', slow: false }],
    ...changes,
  };
}

export function incidentRow(changes: Partial<StoredIncident> = {}): StoredIncident {
  return {
    id: newId(),
    monitor: 'checkout',
    kind: 'down',
    verdict: 'down',
    summary: {
      monitorName: 'Checkout',
      target: 'https://checkout.example/',
      regionsDown: ['eu'],
      regions: ['ap', 'eu', 'us'],
      reason: 'x',
    },
    openedAtMs: Date.now(),
    resolvedAtMs: null,
    ...changes,
  };
}

interface Maintained {
  readonly monitors: readonly string[];
  readonly fromMs: number;
  readonly toMs: number;
  /** A day before it where nothing is said. */
  readonly recordedAtMs?: number;
  readonly uptime?: MaintenanceWindow['uptime'];
}

/** An occurrence of maintenance as it is when it was announced, with an envelope that says nothing. */
export async function insertMaintenance(
  db: Queryable,
  { monitors, fromMs, toMs, recordedAtMs = fromMs - 86_400_000, uptime = 'excluded' }: Maintained,
): Promise<void> {
  const id = newId(recordedAtMs);
  const window = `w-${id}`;
  const [from, until] = [formatTimestamp(fromMs), formatTimestamp(toMs)];
  const definition: MaintenanceWindow = {
    ...{ id: window, selector: { monitors: [...monitors] }, reason: 'a test', uptime },
    schedule: { type: 'once', from, until },
  };
  await upsertWindow(db, definition, null, toMs);
  const times = { startsAtMs: fromMs, endsAtMs: toMs };
  await insertOccurrence(db, { id, window, definition, monitors, ...times });
  const envelope = { payloadType: 'none', payload: '', signatures: [] } as unknown as Envelope;
  const digest = createHash('sha256').update(id).digest('hex');
  await insertStatement(db, { digest, occurrence: id, step: 'plan', envelope, recordedAtMs });
}

/** Writes revision 1 of a monitor. */
export async function insertMonitor(db: Queryable, id: string): Promise<void> {
  const definition = monitorOf(id);
  await insertRevision(db, definition, 1, checkDigest(definition.check), {});
}
