// Forms of answers from made-up services: how often another form is cried out that is none, and what is
// seen how soon. The simple detector beside it: a content whose hash is not the one before.
import { performance } from 'node:perf_hooks';
import { UNKNOWN_SHAPE, observeForms } from '../../packages/alerting/dist/index.js';
import { seen, table } from './report.mjs';
import {
  DAY_MS,
  EPOCH_MS,
  INTERVAL_MS,
  TOPOLOGIES as ALL_TOPOLOGIES,
  askedIn,
  randomOf,
} from './series.mjs';

const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;
/** More regions change nothing here. */
const TOPOLOGIES = ALL_TOPOLOGIES.slice(0, 3);

const BASE = { status: 200, redirect: '', type: 'application/json', json: 1, size: 12, headers: 1 };

/** `random` is asked once for each answer, in order. */
const QUIET = {
  static: () => ({ ...BASE, body: 1 }),
  dynamic: (random) => ({
    ...BASE,
    ...{ type: 'text/html', json: '', body: random(), size: random() < 0.2 ? 13 : 12 },
  }),
  cached: (random) => ({ ...BASE, body: 1, headers: random() < 0.3 ? 2 : 1 }),
  variants: (random) => {
    const r = random();
    return { ...BASE, body: random(), json: r < 0.9 ? 1 : r < 0.99 ? 2 : 3 };
  },
  'rare variants': (random) => {
    const isRare = random() < 0.001;
    return { ...BASE, body: random(), json: isRare ? 2 + Math.floor(random() * 20) : 1 };
  },
  'a map of ids': (random, atMs) => ({ ...BASE, body: random(), json: Math.floor(atMs / 90_000) }),
  feed: (_random, atMs) => ({
    ...{ ...BASE, type: 'application/xml', json: '' },
    body: Math.floor(atMs / (20 * MINUTE_MS)),
  }),
  'page edited daily': (_random, atMs) => ({
    ...{ ...BASE, type: 'text/html', json: '' },
    body: Math.floor(atMs / DAY_MS),
  }),
  'regions differ': (_random, _atMs, region) => ({ ...BASE, body: 1, headers: region.length }),
  'one region differs for a day': (_random, atMs, region) => ({
    ...BASE,
    json: region === 'us' && Math.floor(atMs / DAY_MS) % 10 === 9 ? 2 : 1,
  }),
  'other keys weekly': (random, atMs) => ({
    ...{ ...BASE, body: random() },
    json: Math.floor(atMs / (7 * DAY_MS)),
  }),
  'other keys monthly': (random, atMs) => ({
    ...{ ...BASE, body: random() },
    json: Math.floor(atMs / (30 * DAY_MS)),
  }),
  'another form 20 minutes a night': (random, atMs) => ({
    ...{ ...BASE, body: random() },
    json: (atMs + 21 * HOUR_MS) % DAY_MS < 20 * MINUTE_MS ? 2 : 1,
  }),
};

/** What befalls the service "variants". */
const BROKEN = {
  'a page of errors, as 200': { type: 'text/html', json: '', size: 9 },
  'keys are gone': { json: 4 },
  'an empty list': { json: 5, size: 1 },
  'a login page': { redirect: 'https://x.example/login', type: 'text/html', json: '', size: 13 },
  'other headers': { headers: 9 },
  'a tenth of the size': { size: 9 },
};

function run(
  formOf,
  { regions, mode },
  random,
  { fromMs, rounds, known = UNKNOWN_SHAPE },
  onBegan,
) {
  let state = known;
  let naive = 0;
  let lastBody = null;
  let answers = 0;
  let stopped = false;
  for (let round = 0; round < rounds && !stopped; round += 1) {
    const atMs = fromMs + round * INTERVAL_MS;
    const samples = askedIn(round, regions, mode).map((region) => {
      const form = formOf(random, atMs, region);
      answers += 1;
      if (lastBody !== null && form.body !== undefined && form.body !== lastBody) naive += 1;
      lastBody = form.body ?? lastBody;
      return { region, form };
    });
    const step = observeForms(state, atMs, samples, { rounds: 3 });
    state = step.state;
    if (step.change === 'began') stopped = onBegan(round) === false;
  }
  return { state, naive, answers };
}

function falseForms(days, seed) {
  console.log(`\nForms: told of per monitor-year (${days} days of each, every 30 s)\n`);
  table(['service', ...TOPOLOGIES.map(({ name }) => name), 'another hash than the last']);
  for (const [name, formOf] of Object.entries(QUIET)) {
    let naiveRate = 0;
    const rates = TOPOLOGIES.map((topology) => {
      let began = 0;
      const course = { fromMs: EPOCH_MS, rounds: (days * DAY_MS) / INTERVAL_MS };
      const { naive } = run(formOf, topology, randomOf(seed), course, () => (began += 1));
      if (topology.name === '3, rotate') naiveRate = (naive * 365) / days;
      return ((began * 365) / days).toFixed(1);
    });
    table([name, ...rates, Math.round(naiveRate).toLocaleString('en')]);
  }
}

function seenForms(trials, seed) {
  console.log(`\nForms: share seen within half an hour (${trials} trials), and rounds\n`);
  table(['what happens', ...TOPOLOGIES.map(({ name }) => name)]);
  const courses = Object.entries(BROKEN).flatMap(([name, broken]) => [[name, () => broken]]);
  courses.push(
    [
      'keys are gone in one region of them',
      (region) => (region === 'eu' ? BROKEN['keys are gone'] : {}),
    ],
    ['keys are gone in half of the answers', (_, random) => (random() < 0.5 ? { json: 4 } : {})],
    ['keys are gone for one minute', (_, __, ms) => (ms < MINUTE_MS ? { json: 4 } : {})],
  );
  for (const [name, broken] of courses) {
    const cells = TOPOLOGIES.map((topology) => {
      const delays = [];
      for (let trial = 0; trial < trials; trial += 1) {
        const random = randomOf(seed * 10_000 + trial);
        const learnt = { fromMs: EPOCH_MS, rounds: (3 * HOUR_MS) / INTERVAL_MS };
        const { state } = run(QUIET.variants, topology, random, learnt, () => true);
        const fromMs = EPOCH_MS + 3 * HOUR_MS;
        const formOf = (of, atMs, region) => ({
          ...QUIET.variants(of),
          ...broken(region, of, atMs - fromMs),
        });
        const course = { fromMs, rounds: 60, known: state };
        run(formOf, topology, random, course, (round) => {
          delays.push(round + 1);
          return false;
        });
      }
      return seen(delays, trials);
    });
    table([name, ...cells]);
  }
}

/** What 20,000 monitors in three regions take, an hour after they were first seen. */
function cost(seed) {
  const monitors = 20_000;
  const topology = TOPOLOGIES[2];
  for (const name of ['static', 'dynamic']) {
    globalThis.gc?.();
    const before = process.memoryUsage().heapUsed;
    const startedAt = performance.now();
    let answers = 0;
    const kept = Array.from({ length: monitors }, (_, i) => {
      const course = { fromMs: EPOCH_MS, rounds: 40 };
      const played = run(QUIET[name], topology, randomOf(seed + i), course, () => true);
      answers += played.answers;
      return played.state;
    });
    const each = (performance.now() - startedAt) / answers;
    globalThis.gc?.();
    const bytes = (process.memoryUsage().heapUsed - before) / kept.length;
    console.log(
      `\n${name}: ${Math.round(bytes)} bytes of heap for each monitor; ${(each * 1_000).toFixed(1)} us for each answer`,
    );
  }
}

export function shapes({ days, trials, seed }) {
  falseForms(days, seed);
  seenForms(trials, seed);
  cost(seed);
}
