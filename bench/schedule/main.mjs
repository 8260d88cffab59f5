// What planning costs and how late rounds open, with the real watch list, decisions and engine on one
// core, and neither a database nor a network: 50,000 monitors at 30 s, each with one vote a round.
// And where their starts lie: over the interval, after a restart, and after a takeover.
//
//     npm run bench:schedule [-- --monitors 50000 --interval 30 --seconds 60]
//
// docs/benchmarks/schedule.md has the figures.
import { performance } from 'node:perf_hooks';
import { loadavg } from 'node:os';
import { parseArgs } from 'node:util';
import { makeUuid7, shardOf } from '../../packages/protocol/dist/index.js';
import { initialState, step } from '../../packages/quorum/dist/index.js';
import { Decisions } from '../../packages/coordinator/dist/decide.js';
import { nextTick } from '../../packages/coordinator/dist/schedule.js';
import { engineConfigOf, WatchList } from '../../packages/coordinator/dist/watch-list.js';

const { values: options } = parseArgs({
  options: {
    monitors: { type: 'string', default: '50000' },
    interval: { type: 'string', default: '30' },
    seconds: { type: 'string', default: '60' },
  },
});
const count = Number(options.monitors);
const intervalMs = Number(options.interval) * 1_000;
const runMs = Number(options.seconds) * 1_000;
/** As the coordinator's loop. */
const MAX_DUE_PER_TURN = 500;
const REGIONS = ['ap', 'eu', 'sa', 'us', 'za'].map((region) => ({ region, group: region }));
/** Taking them up takes a second, in which rounds become overdue. */
const WARM_UP_MS = 10_000;
const NOBODY_OUT = { regions: new Set(), isProbation: () => false };
const noSecrets = { openAll: () => ({}) };
const newRoundId = (atMs) => makeUuid7(atMs, globalThis.crypto.getRandomValues(new Uint8Array(10)));

function definitionOf(id) {
  return {
    ...{ id, name: id, enabled: true, intervalMs, mode: 'rotate', regions: ['*'] },
    check: { type: 'http', url: 'http://127.0.0.1/', timeoutMs: 5_000 },
    policy: {
      quorum: { type: 'majority' },
      confirm: { rounds: 2, afterMs: 5_000 },
      recover: { rounds: 2, afterMs: 5_000 },
      partial: 'show',
    },
  };
}

/** As it would be stored: a monitor that is plainly up, and was asked at its last tick. */
function storedOf(id, lastRoundAtMs) {
  const definition = definitionOf(id);
  const config = engineConfigOf(definition);
  const state = { ...initialState(1, config), verdict: 'up', standing: 'up' };
  return {
    ...{ definition, revision: 1, shard: shardOf(id), checkDigest: '', sealedSecrets: {} },
    state: lastRoundAtMs === null ? null : state,
    lastRoundAt: lastRoundAtMs === null ? null : new Date(lastRoundAtMs),
  };
}

const ids = Array.from({ length: count }, (_, i) => `monitor-${i}`);
const quantile = (sorted, q) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * q))];
const log = (line) => process.stdout.write(`${line}\n`);
const figure = (value) => (value ?? 0).toFixed(2);

log(
  `${count} monitors at ${options.interval} s; load average at the start ${loadavg()[0].toFixed(1)}`,
);
await lateness();
spread();
takenUp('restart after 3 s', (id, now) => lastTickBefore(id, now - 3_000));
takenUp('takeover after 12 s', (id, now) => lastTickBefore(id, now - 12_000));
takenUp('start after an hour', (id, now) => lastTickBefore(id, now - 3_600_000));
takenUp('all of them new', () => null);

function lastTickBefore(id, atMs) {
  return nextTick(id, intervalMs, atMs) - intervalMs;
}

/** How evenly starts lie over the interval, in slots of 100 ms. */
function spread() {
  const slots = new Array(intervalMs / 100).fill(0);
  for (const id of ids) slots[Math.floor((nextTick(id, intervalMs, 0) % intervalMs) / 100)] += 1;
  const mean = count / slots.length;
  const chi2 = slots.reduce((sum, n) => sum + (n - mean) ** 2 / mean, 0) / (slots.length - 1);
  log(
    `spread over the interval, per 100 ms: mean ${figure(mean)}, most ${Math.max(...slots)}, ` +
      `least ${Math.min(...slots)}; chi² per degree of freedom ${figure(chi2)} (1 is chance)`,
  );
}

/** How many rounds are due in each second after a coordinator takes all of them up at once. */
function takenUp(what, lastRoundAtMs) {
  const now = 1_800_000_000_000;
  const list = new WatchList(noSecrets);
  const began = performance.now();
  for (const id of ids) list.watch(storedOf(id, lastRoundAtMs(id, now)), now);
  const tookMs = performance.now() - began;
  const perSecond = [];
  for (let second = 0; second < intervalMs / 1_000; second += 1) {
    perSecond.push(list.takeDue(now + second * 1_000, Infinity).length);
  }
  const fair = count / (intervalMs / 1_000);
  log(
    `${what}: taken up in ${Math.round(tookMs)} ms; due at once ${perSecond[0]}, in the busiest second ` +
      `${Math.max(...perSecond.slice(1))} (an even share is ${Math.round(fair)})`,
  );
}

/** The loop of `cycle.ts`, with a vote of `up` for whatever is asked, as soon as the loop is free. */
async function lateness() {
  const list = new WatchList(noSecrets);
  const before = process.memoryUsage().rss;
  const startMs = Date.now();
  for (const id of ids) list.watch(storedOf(id, lastTickBefore(id, startMs)), startMs);
  const began = performance.now();
  const now = () => Date.now();
  const late = [];
  let isWarm = false;
  let [turns, longestTurnMs, answers] = [0, 0, []];
  let cpu = process.cpuUsage();
  while (performance.now() - began < WARM_UP_MS + runMs) {
    if (!isWarm && performance.now() - began > WARM_UP_MS) {
      isWarm = true;
      cpu = process.cpuUsage();
      [late.length, turns, longestTurnMs] = [0, 0, 0];
    }
    const waitMs = answers.length > 0 ? 0 : list.nextDueAt - now();
    if (waitMs > 0) await new Promise((resolve) => setTimeout(resolve, Math.min(waitMs, 1_000)));
    const turnAt = performance.now();
    const due = list.takeDue(now(), MAX_DUE_PER_TURN);
    for (const id of answers.splice(0)) answer(list, id, now());
    const decisions = new Decisions(list, REGIONS, newRoundId, NOBODY_OUT);
    const atMs = now();
    for (const id of due) decisions.takeDue(id, atMs);
    for (const [id, decided] of decisions.states) list.adopt(id, decided);
    list.reschedule(due.filter((id) => !decisions.states.has(id)));
    answers = decisions.asks.map(({ watched }) => watched.definition.id);
    for (const tick of decisions.ticks) late.push(now() - tick);
    turns += 1;
    longestTurnMs = Math.max(longestTurnMs, performance.now() - turnAt);
  }
  const { user, system } = process.cpuUsage(cpu);
  const rssMb = (process.memoryUsage().rss - before) / 1e6;
  late.sort((a, b) => a - b);
  const busy = (user + system) / 1_000 / runMs;
  log(
    `${late.length} rounds in ${options.seconds} s (${Math.round(late.length / (runMs / 1_000))}/s), ` +
      `${turns} turns, the longest ${figure(longestTurnMs)} ms`,
  );
  log(
    `lateness p50 ${quantile(late, 0.5)} ms, p99 ${quantile(late, 0.99)} ms, ` +
      `p99.9 ${quantile(late, 0.999)} ms, most ${late.at(-1)} ms`,
  );
  log(
    `CPU ${figure(busy * 100)} % of a core, ${Math.round((user + system) / late.length)} us a round; ` +
      `memory ${Math.round(rssMb)} MB, ${figure((rssMb * 1e3) / count)} kB a monitor`,
  );
}

/** The primary's vote, through the engine. */
function answer(list, id, atMs) {
  const watched = list.get(id);
  const { round } = watched.state;
  if (round === null) return;
  const [region] = round.asked;
  const vote = { region, agent: `${region}-1`, vote: 'up', slow: false };
  const event = { type: 'vote', at: atMs, round: round.id, ...vote };
  const { state } = step(watched.state, event);
  list.adopt(id, { state, nextTickAt: watched.nextTickAt, heard: new Set() });
}
