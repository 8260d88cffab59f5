/** Results, batches, rounds, incidents and monitors: what the schema itself guarantees. */
import { buildInclusionFor, decodeHex, encodeUtf8, leafHash } from '@trustmonitor/evidence';
import { headFromInclusion, encodeHex } from '@trustmonitor/evidence';
import { describe, expect, test, afterAll } from 'vitest';
import {
  insertIncident,
  insertRecord,
  resolveIncident,
  selectIncident,
  updateIncident,
} from '../../src/store/incidents.ts';
import { insertRevision, selectRevision } from '../../src/store/revisions.ts';
import {
  insertBatches,
  insertResults,
  selectBatches,
  selectResults,
} from '../../src/store/results.ts';
import {
  insertRounds,
  selectRound,
  selectRoundPage,
  type RoundFilter,
} from '../../src/store/rounds.ts';
import { Sql, testStore } from '../support/database.ts';
import { monitorOf } from '../support/watched.ts';
import { batchOf, incidentRow, insertMonitor, newId, resultOf, roundRow } from './rows.ts';

const store = await testStore();
const { database } = store;
const other = await store.open();
const sql = new Sql(store.url);
afterAll(() => sql.close());

describe('results and batches', () => {
  test('sent again are stored once, as they were first seen', async () => {
    const { batch, rows } = batchOf(resultOf(), resultOf({ attempt: 2 }));
    for (const counted of [true, false, false]) {
      await insertBatches(database, [batch]);
      await insertResults(
        database,
        rows.map((row) => ({ ...row, counted })),
      );
    }
    const round = rows[0]!.result.round;
    expect(await sql.count('batch', "digest = decode($1, 'hex')", [batch.digest])).toBe(1);
    expect(await sql.count('result', 'round = $1 and counted', [round])).toBe(1);
  });

  test('a vote that counts takes the place of one that was sent under its name first', async () => {
    const vote = resultOf();
    const squatter = batchOf({ ...vote, monitor: 'another' });
    const counted = batchOf(vote, { ...vote, monitor: 'another' });
    for (const { batch, rows } of [squatter, counted, squatter]) {
      await insertBatches(database, [batch]);
      const isVote = (result: typeof vote) => result.monitor === vote.monitor;
      await insertResults(
        database,
        rows.map((row) => ({ ...row, counted: isVote(row.result) })),
      );
    }
    const stored = await selectResults(database, [vote.round]);
    expect(stored).toMatchObject([{ result: vote, counted: true, batch: counted.batch.digest }]);
  });

  test('sent by two coordinators at once are stored once', async () => {
    const { batch, rows } = batchOf(...Array.from({ length: 50 }, () => resultOf()));
    const write = (db: typeof database) =>
      db.transaction(async (tx) => {
        await insertBatches(tx, [batch]);
        await insertResults(tx, rows);
      });
    await Promise.all([write(database), write(other), write(database), write(other)]);
    expect(await sql.count('result', "batch = decode($1, 'hex')", [batch.digest])).toBe(50);
  });

  test('come back as they were, and each leaf verifies against its batch', async () => {
    const results = Array.from({ length: 7 }, (_, i) => resultOf({ durationMs: i }));
    const { batch, rows } = batchOf(...results);
    await insertBatches(database, [batch]);
    await insertResults(database, rows);
    const stored = await selectResults(
      database,
      results.map(({ round }) => round),
    );
    const batches = await selectBatches(database, [batch.digest]);
    expect(batches.get(batch.digest)).toEqual(batch);
    const payload = Buffer.from(
      (JSON.parse(batch.envelope) as { payload: string }).payload,
      'base64',
    );
    const { root, size } = JSON.parse(payload.toString()) as { root: string; size: number };
    for (const { result, leaf, index } of stored) {
      expect(result).toEqual(results[index]);
      const hashes = batch.leafHashes.map((hash) => decodeHex(hash));
      const path = buildInclusionFor(hashes, index).map((hash) => decodeHex(hash));
      const head = headFromInclusion(leafHash(encodeUtf8(leaf)), index, size, path);
      expect(encodeHex(head!)).toBe(root);
    }
    expect(stored).toHaveLength(7);
  });

  test('hold every value that the schema of a result allows', async () => {
    const failure = {
      class: 'server_error',
      attribution: 'target',
      detail: 'a\u0000b "\u2028',
    } as const;
    const huge = resultOf({ durationMs: Number.MAX_SAFE_INTEGER, failure, attempt: 16 });
    const future = resultOf({ round: 'ffffffff-ffff-7fff-bfff-ffffffffffff' });
    const { batch, rows } = batchOf(huge, future);
    await insertBatches(database, [{ ...batch, seq: Number.MAX_SAFE_INTEGER }]);
    await insertResults(database, rows);
    const [stored] = await selectResults(database, [huge.round]);
    expect(stored?.result).toEqual(huge);
  });
});

describe('rounds', () => {
  test('come back as they were, newest first', async () => {
    const now = Date.now();
    const rounds = [3, 1, 2].map((i) => roundRow({ id: newId(now + i), monitor: 'paged' }));
    await insertRounds(database, rounds);
    const ids = rounds
      .map(({ id }) => id)
      .toSorted()
      .toReversed();
    const page = async (filter: Partial<RoundFilter>) => {
      const all = { from: null, to: null, before: null };
      const rows = await selectRoundPage(database, 'paged', { ...all, ...filter }, 2);
      return rows.map(({ id }) => id);
    };
    expect(await page({})).toEqual(ids.slice(0, 2));
    expect(await page({ before: ids[1]! })).toEqual(ids.slice(2));
    const at = (i: number) => new Date(now + i);
    expect(await page({ from: at(2), to: at(3) })).toEqual([ids[1]]);
    expect(await page({ from: at(2), before: ids[0]! })).toEqual([ids[1]]);
    // Whichever bound is the tighter.
    expect(await page({ to: at(2), before: ids[0]! })).toEqual([ids[2]]);
    expect(await page({ to: at(4), before: ids[1]! })).toEqual([ids[2]]);
    expect(await page({ from: at(4) })).toEqual([]);
    expect(await selectRound(database, rounds[0]!.id)).toEqual(rounds[0]);
    expect(await selectRound(database, newId())).toBeNull();
  });
});

describe('incidents', () => {
  test('at most one is open for a monitor, whoever writes', async () => {
    await insertMonitor(database, 'one-open');
    const open = (db: typeof database) =>
      insertIncident(db, incidentRow({ monitor: 'one-open' })).then(
        () => 'opened',
        (error: unknown) => (error as { code: string }).code,
      );
    const outcomes = await Promise.all([open(database), open(other), open(database), open(other)]);
    expect(outcomes.toSorted()).toEqual(['23505', '23505', '23505', 'opened']);
  });

  test('keep their worst kind, and stay as they were resolved', async () => {
    await insertMonitor(database, 'kinds');
    const incident = incidentRow({ monitor: 'kinds', kind: 'partial', verdict: 'partial' });
    await insertIncident(database, incident);
    await updateIncident(database, incident.id, 'down', 'down');
    await updateIncident(database, incident.id, 'partial', 'partial');
    expect(await selectIncident(database, incident.id)).toMatchObject({
      kind: 'down',
      verdict: 'partial',
    });
    await resolveIncident(database, incident.id, 'up', 5_000);
    await resolveIncident(database, incident.id, 'up', 9_000);
    await updateIncident(database, incident.id, 'down', 'down');
    expect(await selectIncident(database, incident.id)).toMatchObject({
      verdict: 'up',
      resolvedAtMs: 5_000,
    });
    // A resolved one does not stand in the way of the next.
    await insertIncident(database, incidentRow({ monitor: 'kinds' }));
  });

  test('have each step once', async () => {
    await insertMonitor(database, 'steps');
    const incident = incidentRow({ monitor: 'steps' });
    await insertIncident(database, incident);
    const record = (stepNumber: number, byte: string) => ({
      digest: byte.repeat(32),
      incident: incident.id,
      stepNumber,
      step: 'open' as const,
      envelope: { payloadType: 'x', payload: '', signatures: [] },
      recordedAtMs: 1,
    });
    await insertRecord(database, record(1, 'ab'));
    await expect(insertRecord(database, record(1, 'cd'))).rejects.toMatchObject({ code: '23505' });
  });
});

describe('revisions', () => {
  test('are never written a second time', async () => {
    await insertMonitor(database, 'revised');
    const changed = monitorOf('revised', { name: 'Another name' });
    await expect(
      database.transaction((tx) => insertRevision(tx, changed, 1, 'ab'.repeat(32), {})),
    ).rejects.toMatchObject({ code: '23505' });
    await insertRevision(database, changed, 2, 'ab'.repeat(32), {});
    expect((await selectRevision(database, 'revised', 1))?.name).toBe('The revised');
    expect((await selectRevision(database, 'revised', 2))?.name).toBe('Another name');
    expect(await selectRevision(database, 'revised', 3)).toBeNull();
  });
});
