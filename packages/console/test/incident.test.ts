/** What the incident and evidence pages work out, on a bundle that was really signed. */
import { nobleVerifier, verifyBundle } from '@trustmonitor/evidence';
import type { Bundle, IncidentDetail, RoundDetail, RoundResource } from '@trustmonitor/protocol';
import { describe, expect, test } from 'vitest';
import { incidentFixture } from '../../evidence/test/fixture/incident.ts';
import { leadInOf, roundsQuery } from '../src/model/lead-in.ts';
import { matrixOf } from '../src/model/matrix.ts';
import { readCheckpoint, readRecords } from '../src/model/statement.ts';
import { LIES, textOfBundle } from '../src/model/tamper.ts';
import { milestonesOf, timelineOf } from '../src/model/timeline.ts';

const { bytes, net } = incidentFixture();
const bundle: Bundle = JSON.parse(new TextDecoder().decode(bytes));
const envelopes = [...bundle.chain, bundle.incident];
const stored = envelopes.map((envelope, i) => {
  const { predicate } = JSON.parse(atob(envelope.payload)) as {
    predicate: { step: 'open'; recordedAt: string };
  };
  const { step, recordedAt } = predicate;
  const log = {
    ...{ index: 17 + i, size: 40 + i, witnesses: ['net/eu-1', 'net/us-1'] },
    cosignedAt: new Date(Date.parse(recordedAt) + 1_500).toISOString(),
  };
  return { digest: 'ab'.repeat(32), step, recordedAt, envelope, log };
});
const records = readRecords({ records: stored });
const [open] = records;

const verify = (text: string) =>
  verifyBundle(new TextEncoder().encode(text), net.root, { verifier: nobleVerifier });

describe('a lie', () => {
  test('is the only thing that is changed: without one the same bytes come out, and pass', () => {
    expect(textOfBundle(bundle)).toBe(new TextDecoder().decode(bytes).trimEnd());
    expect(verify(textOfBundle(bundle)).passed).toBe(true);
  });

  test.each(LIES)('$id is found out', ({ tell }) => {
    const told = tell(bundle);
    expect(told).not.toBeNull();
    expect(told!.before).not.toBe(told!.after);
    const report = verify(textOfBundle(told!.bundle));
    const failed = report.checks.find(({ ok }) => !ok);
    expect([report.passed, report.malformed]).toEqual([false, false]);
    // A lie that only made the file unreadable would show nothing.
    expect(failed?.code).not.toBe('bundle.format');
  });
});

describe('the timeline', () => {
  const round = open!.predicate.rounds[0]!;
  const at = (ms: number) => new Date(Date.parse(round.openedAt) + ms).toISOString();
  const result = (region: string, outcome: string, ms: number) => ({
    ...{ counted: true, receivedAt: at(ms) },
    result: { region, outcome, failure: outcome === 'down' ? { detail: 'refused' } : null },
  });
  const results = [result('us', 'down', 90), result('eu', 'down', 40), result('ap', 'up', 10)];
  const incident = {
    timeline: [
      { at: at(3_600_000), type: 'noted', actor: 'ada', note: 'looked', public: false },
      { at: at(3_700_000), type: 'noted', actor: 'ada', note: 'mended', public: true },
      {
        ...{ at: at(9_000_000), type: 'notified', channel: 'ops', message: 'incident.opened' },
        ...{ state: 'delivered', attempts: 2, lastError: 'refused' },
      },
    ],
  } as unknown as IncidentDetail;
  const rounds = [{ results } as unknown as RoundDetail];
  const events = timelineOf({ incident, records, rounds });

  test('begins with the first vote that says down, and counts from there', () => {
    expect(events[0]).toMatchObject({ afterMs: 0, kind: 'failed', detail: 'refused' });
    expect(events[0]?.title).toContain('eu');
    expect(events.map(({ at }) => at)).toEqual(events.map(({ at }) => at).toSorted());
    const { decidedMs, recordedMs, toldMs } = milestonesOf(events);
    expect(decidedMs).toBeGreaterThanOrEqual(0);
    expect(recordedMs).toBe(Date.parse(open!.recordedAt) - Date.parse(at(40)));
    expect(toldMs).toBe(9_000_000 - 40);
  });

  test('tells apart what was written for colleagues and what for the public', () => {
    const said = events.filter(({ kind }) => kind === 'said');
    expect(said.map(({ title, detail }) => [title, detail])).toEqual([
      ['Note by ada', 'looked'],
      ['Published by ada', 'mended'],
    ]);
  });

  test('tells of each record when it was logged, and counts to the opening', () => {
    const seen = events.filter(({ kind }) => kind === 'witnessed');
    expect(seen[0]?.title).toBe('Opening logged at 17, cosigned by 2 witnesses');
    expect(seen.at(-1)?.title).toContain(` logged at ${16 + records.length}, `);
    expect(seen).toHaveLength(records.length);
    expect(seen.length).toBeGreaterThan(1);
    expect(seen[0]?.detail).toContain('eu-1, us-1');
    const { recordedMs, witnessedMs } = milestonesOf(events);
    expect(witnessedMs).toBe((recordedMs ?? 0) + 1_500);
    const unseen = records.map((record) => ({ ...record, log: null }));
    expect(milestonesOf(timelineOf({ incident, records: unseen, rounds })).witnessedMs).toBeNull();
    // A witness's whole second, which is all that is known of older ones, may begin before the record.
    const early = { ...open!, log: { ...open!.log!, cosignedAt: round.openedAt } };
    const [clamped] = timelineOf({ incident, records: [early], rounds }).filter(
      ({ kind }) => kind === 'witnessed',
    );
    expect(clamped?.at).toBe(open!.recordedAt);
  });

  test('claims no seconds where the votes are not kept any more', () => {
    const later = timelineOf({ incident, records, rounds: [] });
    expect(later.every(({ afterMs }) => afterMs === null)).toBe(true);
    expect(milestonesOf(later).recordedMs).toBeNull();
  });

  test('tells of a delivery that failed as one', () => {
    const [entry] = incident.timeline.slice(-1);
    const failed = { ...entry, state: 'given_up' } as IncidentDetail['timeline'][number];
    const shown = timelineOf({
      ...{ records, rounds },
      incident: { ...incident, timeline: [failed] },
    });
    expect(shown.at(-1)).toMatchObject({ kind: 'waiting', tone: 'down' });
    expect(shown.at(-1)?.detail).toContain('refused');
  });
});

describe('the table of votes', () => {
  test('never leaves out a round that a record rests on, and tells silence from not being asked', () => {
    const { rounds, members } = open!.predicate;
    const listed = Array.from({ length: 40 }, (_, i) => ({
      id: `other-${i}`,
      openedAt: new Date(Date.parse(rounds[0]!.openedAt) + 60_000 * (i + 1)).toISOString(),
      ...{ verdict: 'down', votes: [], members: [members[0]!] },
    })) as unknown as RoundResource[];
    const { rounds: shown, rows } = matrixOf(records, listed, 10);
    expect(shown.filter(({ isRecorded }) => isRecorded).length).toBeGreaterThanOrEqual(
      rounds.length,
    );
    expect(shown.some(({ id }) => id === 'other-39')).toBe(true);
    expect(shown.map(({ openedAt }) => openedAt)).toEqual(
      shown.map(({ openedAt }) => openedAt).toSorted(),
    );
    const other = shown.findIndex(({ id }) => id === 'other-39');
    const asked = rows.find(({ region }) => region === members[0]!.region);
    const notAsked = rows.find(({ region }) => region !== members[0]!.region);
    expect([asked?.votes[other], notAsked?.votes[other]]).toEqual([null, undefined]);
  });
});

test('cosignatures are read from a checkpoint, and nothing from what is none', () => {
  const seconds = 1_795_267_449;
  const raw = new Uint8Array(76);
  new DataView(raw.buffer).setBigUint64(4, BigInt(seconds));
  const signature = btoa(String.fromCodePoint(...raw));
  const note = `net/log\n18\nroot=\n\n— net/log AAAA\n— net/eu-1 ${signature}\n`;
  expect(readCheckpoint(note)).toEqual({
    ...{ origin: 'net/log', size: 18, root: 'root=' },
    cosignatures: [{ witness: 'net/eu-1', atMs: seconds * 1_000 }],
  });
  expect(() => readCheckpoint('')).toThrow('line 2');
  const cut = note.replace(signature, 'no*base64');
  expect(() => readCheckpoint(cut)).toThrow('line 6, by net/eu-1, is no base64');
});

test('a record that cannot be read is named, not taken for another fault', () => {
  const [first] = stored;
  for (const payload of ['*', btoa('{"predicate"'), btoa('{}')]) {
    const envelope = { ...first!.envelope, payload };
    expect(() => readRecords({ records: [first!, { ...first!, envelope }] })).toThrow(
      `record 2 of 2 (open, sha256 abababababab…) cannot be read: `,
    );
  }
});

describe('the rounds of an incident', () => {
  const times = { openedAt: '2026-05-01T10:00:20.000Z', resolvedAt: '2026-05-01T11:00:00.000Z' };
  const opening = open!.predicate.rounds[0]!.openedAt;

  test('are asked for by its time, however long ago it was', () => {
    const asked = (query: string | null) => {
      const { pathname, searchParams } = new URL(query ?? '', 'http://x');
      return [pathname, Object.fromEntries(searchParams)];
    };
    const path = '/v1/monitors/shop/rounds';
    const about = { monitor: 'shop', ...times };
    expect(asked(roundsQuery.during(about, records, 24))).toEqual([
      path,
      { from: opening, to: '2026-05-01T11:00:00.001Z', limit: '24' },
    ]);
    expect(asked(roundsQuery.during({ ...about, resolvedAt: null }, [], 24))).toEqual([
      path,
      { from: times.openedAt, limit: '24' },
    ]);
    expect(asked(roundsQuery.before('shop', records, 24))).toEqual([
      path,
      { to: opening, limit: '24' },
    ]);
    expect(roundsQuery.before('shop', [], 24)).toBeNull();
  });

  test('begin with the first that failed, which no record may name', () => {
    const of = (said: string) =>
      Array.from(said, (letter, i) => ({
        ...{ id: `${i}`, openedAt: new Date(Date.parse(opening) - (99 - i) * 1_000).toISOString() },
        verdict: letter === 'u' || letter === 'v' ? 'up' : letter === 'd' ? 'down' : 'partial',
        votes: [{ region: 'eu', vote: letter === 'u' ? 'up' : 'down' }],
      })) as unknown as RoundResource[];
    const begun = (said: string, most = 24) =>
      leadInOf(of(said).toReversed(), most).map(({ id }) => id);
    expect(begun('pudpd')).toEqual(['2', '3', '4']);
    expect(begun('dvp')).toEqual(['2']);
    expect(begun('ddu')).toEqual([]);
    expect(begun('')).toEqual([]);
    // All of what is kept: nothing says that it was up before.
    expect(begun('pd')).toEqual(['0', '1']);
    // What has failed for as long as anybody looks is not how this began.
    expect(begun('pppp', 4)).toEqual([]);
  });
});
