/** Answers of another form: what is told of, what never is, and for how long. */
import { expect, test } from 'vitest';
import {
  UNKNOWN_SHAPE,
  facetSummariesOf,
  formOf,
  observeForms,
  oddFormsOf,
  restoredShape,
  shapeWords,
  type Form,
  type ShapeState,
} from '../../src/index.ts';

const ROUND_MS = 30_000;
const HOUR = 120;
const REGIONS = ['ap', 'eu', 'us'];
const RULES = { rounds: 3 };
const USUAL: Form = { status: 200, redirect: '', type: 'application/json', json: 7, size: 12 };
const ERROR_PAGE: Form = { ...USUAL, type: 'text/html', json: '', size: 9 };

interface Course {
  readonly regions?: readonly string[];
  readonly mode?: 'rotate' | 'all';
  readonly form: (round: number, region: string) => Form;
}

/** Plays rounds `from` to `to`; returns what changed, as `began 125`. */
function play(course: Course, to: number, from = 0, known = UNKNOWN_SHAPE) {
  const { regions = REGIONS, mode = 'rotate', form } = course;
  const changes: string[] = [];
  let state: ShapeState = known;
  for (let round = from; round < to; round += 1) {
    const asked = mode === 'all' ? regions : [regions[round % regions.length]!];
    const samples = asked.map((region) => ({ region, form: form(round, region) }));
    const step = observeForms(state, round * ROUND_MS, samples, RULES);
    state = step.state;
    if (step.change !== null) changes.push(`${step.change} ${round}`);
  }
  return { state, changes };
}

const learnt = play({ form: () => USUAL }, 2 * HOUR).state;

test.each(['rotate', 'all'] as const)('%s: another form everywhere is told of, once', (mode) => {
  const from = 2 * HOUR;
  const broken = play({ mode, form: () => ERROR_PAGE }, from + 20, from, learnt);
  expect(broken.changes).toEqual([`began ${from + 2}`]);
  expect(shapeWords(oddFormsOf(broken.state), broken.state.facets)).toBe(
    'the content type is text/html, was application/json; the content is no JSON any more; ' +
      'the content has about 511 bytes, had 4095 (ap, eu, us)',
  );
  const over = play({ mode, form: () => USUAL }, from + 60, from + 20, broken.state);
  expect(over.changes).toEqual([expect.stringMatching(/^ended/)]);
  // It was no change of what is usual: the same again is told of again.
  const again = play({ mode, form: () => ERROR_PAGE }, from + 70, from + 60, over.state);
  expect(again.changes).toEqual([expect.stringMatching(/^began/)]);
});

test('what is learnt can be read', () => {
  const nowMs = 2 * HOUR * ROUND_MS;
  const sinceMs = 0;
  const { facets } = play({ form: () => ({ ...USUAL, headers: 0xabc }) }, 2 * HOUR).state;
  expect(facetSummariesOf(facets, nowMs)).toEqual([
    { facet: 'status', isSteady: true, values: ['200'], sinceMs },
    { facet: 'redirect', isSteady: true, values: [''], sinceMs },
    { facet: 'type', isSteady: true, values: ['application/json'], sinceMs },
    { facet: 'json', isSteady: true, values: ['000000000007'], sinceMs },
    { facet: 'size', isSteady: true, values: ['4095'], sinceMs },
    { facet: 'headers', isSteady: true, values: ['000000000abc'], sinceMs },
  ]);
  expect(facetSummariesOf(facets, 60_000).map(({ isSteady }) => isSteady)).not.toContain(true);
});

test('nothing is said in the first hour, of one region alone, or of two rounds', () => {
  const early = (round: number) => (round < HOUR - 10 ? USUAL : ERROR_PAGE);
  expect(play({ form: early }, HOUR).changes).toEqual([]);
  const alone = (_: number, region: string) => (region === 'eu' ? ERROR_PAGE : USUAL);
  for (const mode of ['rotate', 'all'] as const) {
    const { state, changes } = play({ mode, form: alone }, 2 * HOUR + 50, 2 * HOUR, learnt);
    expect(changes).toEqual([]);
    // For 25 minutes it has not gone once: nothing is learnt of it yet, and after an hour it is.
    expect(state.facets.type?.values).toEqual(['application/json']);
    const later = play({ mode, form: alone }, 4 * HOUR, 2 * HOUR + 50, state);
    expect(later.changes).toEqual([]);
    expect(later.state.facets.type?.values).toEqual(['application/json', 'text/html']);
    const short = (round: number) => (round % 50 < 2 ? ERROR_PAGE : USUAL);
    expect(play({ mode, form: short }, 12 * HOUR, 2 * HOUR, learnt).changes).toEqual([]);
  }
});

test('what changes at each request is never judged, and hides nothing else', () => {
  const noisy = (round: number): Form => ({ ...USUAL, body: round, headers: round % 7 });
  const quiet = play({ form: noisy }, 30 * HOUR);
  expect(quiet.changes).toEqual([]);
  expect(quiet.state.facets.body?.values).toHaveLength(6);
  const from = 30 * HOUR;
  const broken = (round: number): Form => ({ ...noisy(round), json: 8 });
  expect(play({ form: broken }, from + 9, from, quiet.state).changes).toEqual([
    `began ${from + 2}`,
  ]);
});

test('what lasts for an hour is usual, and a form that changes often is told of less and less', () => {
  const changing = (everyHours: number) => (round: number) => ({
    ...USUAL,
    json: Math.floor(round / HOUR / everyHours),
  });
  const once = play({ form: (round) => ({ ...USUAL, json: round < 3 * HOUR ? 1 : 2 }) }, 6 * HOUR);
  expect(once.changes).toEqual([`began ${3 * HOUR + 2}`, expect.stringMatching(/^accepted 48\d$/)]);
  const began = (hours: number, days: number) =>
    play({ form: changing(hours) }, days * 24 * HOUR).changes.filter((one) =>
      one.includes('began'),
    );
  // At every change, at the first two, and at none.
  expect(began(24 * 20, 45)).toHaveLength(2);
  expect(began(24, 20).length).toBeLessThan(4);
  expect(began(0.5, 5)).toEqual([]);
});

test('several forms that take turns are all usual; sizes that grow slowly are followed', () => {
  const turns = (round: number) => ({ ...USUAL, json: round % 4, status: 200 + (round % 2) });
  expect(play({ form: turns }, 24 * HOUR).changes).toEqual([]);
  // One answer in 97 has another form: rare ones are learnt too.
  const rare = (round: number) => (round % 97 === 50 ? ERROR_PAGE : USUAL);
  const known = play({ form: rare }, 24 * HOUR);
  expect(known.changes).toEqual([]);
  expect(known.state.facets.type?.values).toEqual(['application/json', 'text/html']);
  const growing = (round: number) => ({ ...USUAL, size: 8 + Math.floor(round / (4 * HOUR)) });
  expect(play({ form: growing }, 40 * HOUR).changes).toEqual([]);
});

test('what is known survives being stored, and so does what goes on', () => {
  const from = 2 * HOUR;
  const broken = play({ form: () => ERROR_PAGE }, from + 20, from, learnt).state;
  const stored = JSON.parse(JSON.stringify(broken.facets)) as typeof broken.facets;
  const open = { beganAtMs: broken.beganMs!, regions: new Set(REGIONS) };
  const restored = restoredShape(stored, open, RULES);
  expect(play({ form: () => ERROR_PAGE }, from + 40, from + 20, restored).changes).toEqual([]);
  const over = play({ form: () => USUAL }, from + 40, from + 20, restored).changes;
  expect(over).toEqual([expect.stringMatching(/^ended/)]);
  // Without what was usual nothing can be said, and nothing goes on.
  const unknown = restoredShape({}, open, RULES);
  expect(play({ form: () => USUAL }, from + 40, from + 20, unknown).changes).toHaveLength(1);
});

test('a restart ends nothing that goes on, whichever regions are asked first', () => {
  const regions = ['ap', 'eu', 'sa', 'us', 'za'];
  const from = 2 * HOUR;
  const usual = play({ regions, form: () => USUAL }, from).state;
  for (const still of ['ap,eu', 'ap,sa', 'eu,sa']) {
    // Everywhere, and then in three of five.
    const form = (round: number, region: string) =>
      round > from + 5 && still.includes(region) ? USUAL : ERROR_PAGE;
    const broken = play({ regions, form }, from + 20, from, usual);
    expect(broken.changes).toEqual([expect.stringMatching(/^began/)]);
    const open = { beganAtMs: broken.state.beganMs!, regions: new Set(regions) };
    for (let at = from + 20; at < from + 25; at += 1) {
      const restored = restoredShape(broken.state.facets, open, RULES);
      const on = play({ regions, form }, at + 60, at, restored);
      expect(on.changes).toEqual([]);
      const over = play({ regions, form: () => USUAL }, at + 8, at, restored);
      expect(over.changes).toEqual([`ended ${at + 7}`]);
    }
  }
});

test('an answer of an older agent has a form too, and one without HTTP has none', () => {
  const response = {
    ...{ status: 200, headers: { 'content-type': 'Text/HTML; charset=utf-8' }, redirects: [] },
    ...{ bodyBytes: 5_000, bodySha256: null },
  } as unknown as NonNullable<Parameters<typeof formOf>[0]>;
  expect(formOf(response)).toEqual({ status: 200, redirect: '', type: 'text/html', size: 12 });
  expect(formOf({ ...response, status: null })).toBeNull();
  const shape = { headers: '00000000000000ff', json: null };
  const text = { ...response, shape, bodySha256: 'f'.repeat(64) };
  expect(formOf(text)).toMatchObject({ headers: 0, json: '' });
  // What nobody looked at is not said to be no JSON: it has outgrown that, or nothing of it is kept.
  expect(formOf({ ...text, bodyBytes: 65_536 })).toMatchObject({ json: '' });
  for (const unseen of [{ bodyBytes: 65_537 }, { bodySha256: null }]) {
    expect(formOf({ ...text, ...unseen })).toMatchObject({ headers: 0 });
    expect(formOf({ ...text, ...unseen })).not.toHaveProperty('json');
  }
  // Agents of both kinds side by side: what the older ones do not say is no change.
  const both = (round: number): Form => (round % 2 === 0 ? USUAL : { ...USUAL, headers: 5 });
  expect(play({ form: both }, 6 * HOUR).changes).toEqual([]);
});
