/** Who is not asked, until when, and by what it shows. */
import type { Result } from '@trustmonitor/protocol';
import { expect, test } from 'vitest';
import {
  AGREEING,
  afterAnswer,
  planEntries,
  probationMs,
  type RegionRecord,
} from '../../src/quarantine/plan.ts';
import { Probation } from '../../src/quarantine/probation.ts';
import { CanaryWatch, candidatesOf } from '../../src/quarantine/symptoms.ts';
import { unknownScore } from '../../src/trust/score.ts';
import { MEMBERS, T0, watchedOf } from '../support/watched.ts';

const lost = (...regions: string[]) =>
  regions.map((region) => ({ region, reason: 'lost' as const }));
const recordsOf = (...records: readonly RegionRecord[]) =>
  new Map(records.map((record) => [record.region, record]));
const namesOf = (records: readonly RegionRecord[]) => records.map(({ region }) => region);

function enter(region: string, before = recordsOf(), nowMs = T0): RegionRecord {
  const [record] = planEntries(lost(region), before, MEMBERS, nowMs).enter;
  if (record === undefined) throw new Error(`${region} was not quarantined`);
  return record;
}

test('only as many are quarantined as the others can do without', () => {
  const [ap, eu] = [enter('ap'), lost('eu')];
  expect(namesOf(planEntries(eu, recordsOf(ap), MEMBERS, T0).withheld)).toEqual(['eu']);
  // Two at once: it is not those regions that fail.
  const both = planEntries(lost('ap', 'eu'), recordsOf(), MEMBERS, T0);
  expect([namesOf(both.enter), namesOf(both.withheld)]).toEqual([[], ['ap', 'eu']]);
  expect(both.withheld.map(({ sinceMs }) => sinceMs)).toEqual([null, null]);
  // One that is out already is no news; and one group's regions are one vote.
  expect(planEntries(lost('ap'), recordsOf(ap), MEMBERS, T0)).toEqual({ enter: [], withheld: [] });
  const grouped = ['a', 'b', 'c', 'd'].map((region) => ({
    region,
    group: region === 'b' ? 'a' : region,
  }));
  expect(namesOf(planEntries(lost('a', 'b'), recordsOf(), grouped, T0).enter)).toEqual(['a', 'b']);
  expect(planEntries(lost('a', 'c'), recordsOf(), grouped, T0).enter).toHaveLength(2);
  expect(planEntries(lost('c', 'd'), recordsOf(), grouped, T0).enter).toEqual([]);
});

test('a region that is drained is not judged, and is one less to decide', () => {
  const drained = new Set(['eu']);
  const plan = (...regions: string[]) => {
    const { enter: out, withheld } = planEntries(
      lost(...regions),
      recordsOf(),
      MEMBERS,
      T0,
      drained,
    );
    return [namesOf(out), namesOf(withheld)];
  };
  expect(plan('eu')).toEqual([[], []]);
  expect(plan('ap')).toEqual([[], ['ap']]);
  expect(plan('ap', 'eu')).toEqual([[], ['ap']]);
});

test('it votes again after enough answers in a row over the whole while, longer each time', () => {
  let record = enter('ap');
  const answer = (agrees: boolean, atMs: number): void => {
    record = afterAnswer(record, agrees, atMs);
  };
  for (let i = 0; i < AGREEING * 2; i++) answer(true, T0 + i);
  expect(record.sinceMs).toBe(T0);
  answer(false, T0 + 59_000);
  answer(true, T0 + 60_000);
  expect([record.agreeing, record.sinceMs]).toEqual([1, T0]);
  for (let i = 1; i < AGREEING; i++) answer(true, T0 + 60_000 + i * 15_000);
  expect([record.sinceMs, record.releasedAtMs]).toEqual([null, T0 + 120_000]);
  // What comes later, of a question from before, changes nothing.
  expect(afterAnswer(record, true, T0 + 130_000)).toBe(record);

  const again = enter('ap', recordsOf(record), T0 + 200_000);
  expect([again.offence, probationMs(again)]).toEqual([2, 120_000]);
  expect(probationMs({ offence: 50 })).toBe(3_600_000);
  const released = { ...again, sinceMs: null, releasedAtMs: T0 };
  expect(enter('ap', recordsOf(released), T0 + 86_400_000).offence).toBe(1);
});

test('canaries that fail in two rounds count, if no other agent of the region does well', () => {
  const watch = new CanaryWatch();
  const note = (agent: string, round: string, failure: 'agent_offline' | 'server_error' | null) => {
    const outcome = failure === 'agent_offline' ? 'abstain' : failure === null ? 'up' : 'down';
    const result = { agent, region: agent.slice(0, 2), round, final: true, outcome };
    const results = [{ result: { ...result, failure: failure && { class: failure } } }];
    watch.note(results as unknown as Parameters<CanaryWatch['note']>[0], T0);
  };
  note('eu-1', 'r1', 'agent_offline');
  note('eu-1', 'r1', 'agent_offline');
  expect(watch.offline(T0)).toEqual([]);
  note('eu-1', 'r2', 'agent_offline');
  expect(watch.offline(T0)).toEqual(['eu']);
  note('eu-2', 'r3', 'server_error');
  expect(watch.offline(T0)).toEqual([]);
  note('eu-2', 'r4', 'agent_offline');
  expect(watch.offline(T0)).toEqual(['eu']);
  note('eu-1', 'r5', null);
  expect(watch.offline(T0)).toEqual([]);
  note('eu-1', 'r6', 'agent_offline');
  note('eu-1', 'r7', 'agent_offline');
  expect(watch.offline(T0 + 120_001)).toEqual([]);
});

test('flagged agents count when they are wrong at large, and all of their region', () => {
  const score = { ...unknownScore(T0), agreed: 4, disagreed: 6, flaggedAtMs: T0 };
  const trust = (agent: string, changes = {}) =>
    [agent, { agent, toldAtMs: null, score: { ...score, ...changes } }] as const;
  const alive = ['ap-1', 'eu-1', 'eu-2', 'us-1'].map((agent) => {
    return { agent, region: agent.slice(0, 2) };
  });
  const signs = (...flagged: ReturnType<typeof trust>[]) =>
    candidatesOf({ offline: [], lost: [], alive, flagged: new Map(flagged) }, MEMBERS);
  expect(signs(trust('ap-1'), trust('eu-1'))).toEqual([{ region: 'ap', reason: 'flagged' }]);
  expect(signs(trust('eu-1'), trust('eu-2'))).toEqual([{ region: 'eu', reason: 'flagged' }]);
  // Wrong about one monitor of many, or not often enough: its flag says so, and it votes.
  expect(signs(trust('ap-1', { agreed: 500 }))).toEqual([]);
  expect(signs(trust('ap-1', { agreed: 0, disagreed: 1 }))).toEqual([]);
  expect(signs(trust('ap-1', { disagreed: 0, forged: 3 }))).toHaveLength(1);
  // Each region once, by what explains the most.
  const all = { offline: ['ap'], lost: ['ap'], alive, flagged: new Map([trust('ap-1')]) };
  expect(candidatesOf(all, MEMBERS)).toEqual([{ region: 'ap', reason: 'lost' }]);
});

test('probation asks about what is sure, a few at a time, and takes an answer to the question only', () => {
  const sure = ['a', 'b', 'c', 'd'].map((id) => {
    const watched = watchedOf(id);
    return { ...watched, state: { ...watched.state, verdict: 'up' as const } };
  });
  const doubtful = watchedOf('unjudged');
  const list = new Map([...sure, doubtful].map((one) => [one.definition.id, one]));
  const watchList = { all: () => list.values(), get: (id: string) => list.get(id) };
  const probation = new Probation();
  let made = 0;
  const ask = (nowMs: number) =>
    probation.ask(new Set(['eu']), watchList, MEMBERS, nowMs, () => `round-${(made += 1)}`);
  const first = ask(T0);
  expect(first.map(({ watched, effect }) => [watched.definition.id, effect.regions])).toEqual(
    ['a', 'b', 'c'].map((id) => [id, ['eu']]),
  );
  // Those that waited longest come next; none is asked about again too soon.
  expect(ask(T0 + 10_000).map(({ watched }) => watched.definition.id)).toEqual(['d']);

  const answer = (i: number, changes: Partial<Result>) => {
    const { watched, effect } = first[i]!;
    const { round } = effect;
    const place = { agent: 'eu-1', region: 'eu', round, monitor: watched.definition.id };
    const said = { ...place, check: watched.checkDigest, final: true, outcome: 'up', ...changes };
    return probation
      .take([{ result: said as Result }], watchList, T0 + 1)
      .map(({ stance }) => stance);
  };
  expect(probation.has(first[0]!.effect.round)).toBe(true);
  expect(answer(0, { region: 'us' })).toEqual([]);
  expect(answer(0, {})).toEqual(['agrees']);
  expect(answer(0, {})).toEqual([]);
  expect(answer(1, { outcome: 'down' })).toEqual(['disagrees']);
  expect(answer(2, { check: 'of another revision' })).toEqual(['abstains']);
  const silent = probation.take([], watchList, T0 + 60_000);
  expect(silent).toEqual([{ region: 'eu', monitor: 'd', agent: null, stance: 'abstains' }]);
});
