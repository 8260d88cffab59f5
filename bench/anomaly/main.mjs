// How often the anomaly detector cries wolf, and what it sees how soon; beside it two simple ones.
//
//     npm run build && npm run bench:anomaly [-- --days 90 --trials 200 --seed 1]
//
// docs/benchmarks/anomaly.md has the figures.
import { performance } from 'node:perf_hooks';
import { parseArgs } from 'node:util';
import { DEFAULTS, PlainTimes, PlainZ, Robust } from './detectors.mjs';
import { seen, table } from './report.mjs';
import { DAY_MS, EPOCH_MS, INTERVAL_MS, QUIET, Service, TOPOLOGIES, askedIn } from './series.mjs';
import { shapes } from './shapes.mjs';

const { values: options } = parseArgs({
  options: {
    days: { type: 'string', default: '90' },
    trials: { type: 'string', default: '200' },
    seed: { type: 'string', default: '1' },
    only: { type: 'string', default: 'quiet,shifts,others,memory,shapes' },
  },
});
const days = Number(options.days);
const trials = Number(options.trials);
const seed = Number(options.seed);
const parts = new Set(options.only.split(','));

/** Onsets of what a detector calls an anomaly. `factorAt(atMs, region)`: what befalls the service. */
function run(
  detector,
  service,
  { regions, mode },
  { fromMs, rounds, factorAt = () => 1 },
  onRound,
) {
  let isAnomalous = false;
  let onsets = 0;
  for (let round = 0; round < rounds; round += 1) {
    const atMs = fromMs + round * INTERVAL_MS;
    const samples = askedIn(round, regions, mode).map((region) => ({
      region,
      latencyUs: service.latencyUs(region, atMs, factorAt(atMs, region)),
    }));
    const now = detector.observe(atMs, samples);
    if (now && !isAnomalous) onsets += 1;
    isAnomalous = now;
    if (onRound?.(round, now) === false) break;
  }
  return onsets;
}

const DETECTORS = {
  ours: () => new Robust(),
  'z > 3': () => new PlainZ(),
  '5 x mean': () => new PlainTimes(),
};

function falseAlarms() {
  console.log(`\nFalse alarms per monitor-year (${days} days of each, every 30 s)\n`);
  console.log(
    `In brackets: how many in the first ${WARM_UP_DAYS} days, while the hours of the day are learnt\n`,
  );
  table(['service', 'regions', ...Object.keys(DETECTORS)]);
  for (const [name, profile] of Object.entries(QUIET)) {
    for (const topology of TOPOLOGIES) {
      const rates = Object.entries(DETECTORS).map(([which, make]) => {
        const simulated = which === 'ours' ? days : Math.min(days, 7);
        const service = new Service(profile, topology.regions, seed);
        const detector = make();
        const course = { fromMs: EPOCH_MS, rounds: (WARM_UP_DAYS * DAY_MS) / INTERVAL_MS };
        const meanwhile = which === 'ours' ? run(detector, service, topology, course) : 0;
        const fromMs = EPOCH_MS + WARM_UP_DAYS * DAY_MS;
        const rounds = (simulated * DAY_MS) / INTERVAL_MS;
        const alarms = run(detector, service, topology, { fromMs, rounds });
        return format((alarms * 365) / simulated) + (meanwhile > 0 ? ` (+${meanwhile})` : '');
      });
      table([name, topology.name, ...rates]);
    }
  }
}

/** Hours of the day count from seven days on. */
const WARM_UP_DAYS = 8;

const LEARN_ROUNDS = 240;
const WATCH_ROUNDS = 120;

/** Share of trials that are seen within an hour, and after how many rounds the middle one is. */
function detection(profile, topology, factorAt, make = DETECTORS.ours) {
  const delays = [];
  for (let trial = 0; trial < trials; trial += 1) {
    const service = new Service(profile, topology.regions, seed * 10_000 + trial);
    const fromMs = EPOCH_MS + trial * 7 * 3_600_000;
    const shiftMs = fromMs + LEARN_ROUNDS * INTERVAL_MS;
    const rounds = LEARN_ROUNDS + WATCH_ROUNDS;
    const shifted = (atMs, region) => (atMs < shiftMs ? 1 : factorAt(atMs - shiftMs, region));
    run(make(), service, topology, { fromMs, rounds, factorAt: shifted }, (round, now) => {
      if (!now || round < LEARN_ROUNDS) return true;
      delays.push(round - LEARN_ROUNDS + 1);
      return false;
    });
  }
  return seen(delays, trials);
}

function shifts() {
  console.log(
    `\nSlower everywhere, for an hour: share seen (${trials} trials), and rounds until the middle one\n`,
  );
  table(['service', 'regions', '1.5 x', '2 x', '3 x', '5 x']);
  for (const name of ['even', 'ordinary', 'diurnal', 'busy days', 'two speeds', 'heavy tail']) {
    for (const topology of TOPOLOGIES) {
      const cells = [1.5, 2, 3, 5].map((factor) => detection(QUIET[name], topology, () => factor));
      table([name, topology.name, ...cells]);
    }
  }
}

function others() {
  console.log('\nOther courses, "diurnal" service\n');
  table(['what happens', ...TOPOLOGIES.map(({ name }) => name)]);
  const courses = {
    '5 x in one region of them': (topology) => (_ms, region) =>
      region === topology.regions[0] ? 5 : 1,
    '5 x for one round': () => (ms) => (ms < INTERVAL_MS ? 5 : 1),
    '5 x for two minutes': () => (ms) => (ms < 120_000 ? 5 : 1),
    '3 x, reached over 10 minutes': () => (ms) => 3 ** Math.min(1, ms / 600_000),
    '3 x, reached over an hour': () => (ms) => 3 ** Math.min(1, ms / 3_600_000),
    'a deploy: 1.2 x': () => () => 1.2,
  };
  for (const [name, factorOf] of Object.entries(courses)) {
    const cells = TOPOLOGIES.map((topology) =>
      detection(QUIET.diurnal, topology, factorOf(topology)),
    );
    table([name, ...cells]);
  }
}

/** What 50,000 monitors in three regions take, with full windows and hours. */
function memory() {
  const monitors = 50_000;
  const topology = TOPOLOGIES[2];
  const service = new Service(QUIET.diurnal, topology.regions, seed);
  globalThis.gc?.();
  const before = process.memoryUsage().heapUsed;
  const detectors = Array.from({ length: monitors }, () => new Robust(DEFAULTS, { hourly: false }));
  const startedAt = performance.now();
  const minutes = 31;
  for (let minute = 0; minute < minutes; minute += 1) {
    const atMs = EPOCH_MS + minute * 60_000;
    const samples = topology.regions.map((region) => ({
      region,
      latencyUs: service.latencyUs(region, atMs),
    }));
    for (const detector of detectors) detector.observe(atMs, samples);
  }
  const each = (performance.now() - startedAt) / (monitors * minutes * topology.regions.length);
  globalThis.gc?.();
  const bytes = (process.memoryUsage().heapUsed - before) / (monitors * topology.regions.length);
  console.log(
    `\n${Math.round(bytes)} bytes of heap for each monitor and region; ${(each * 1_000).toFixed(1)} us for each answer`,
  );
  if (detectors.length !== monitors) throw new Error('kept to the end');
}

const format = (rate) => (rate >= 10 ? Math.round(rate).toLocaleString('en') : rate.toFixed(1));

if (parts.has('quiet')) falseAlarms();
if (parts.has('shifts')) shifts();
if (parts.has('others')) others();
if (parts.has('memory')) memory();
if (parts.has('shapes')) shapes({ days, trials, seed });
