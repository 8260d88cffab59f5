// Probes per second and their cost, next to the bare socket, plain undici and blackbox_exporter.
//
//     npm run build && node bench/probes/main.mjs [--seconds 3] [--rounds 3] [--json]
//
// Every engine is a process of its own and makes fresh connections to one target on loopback. The
// engines take turns, round after round, so that a busy machine is unfair to all of them alike;
// the table has medians. CPU is what the engine's process used, of the target's there is nothing
// in it. docs/benchmarks/probes.md has the figures and what they mean.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import os from 'node:os';
import { parseArgs } from 'node:util';
import { findBlackbox, measureBlackbox } from './blackbox.mjs';

const { values: options } = parseArgs({
  options: {
    seconds: { type: 'string', default: '3' },
    rounds: { type: 'string', default: '3' },
    json: { type: 'boolean', default: false },
  },
});
const seconds = Number(options.seconds);
const rounds = Number(options.rounds);

const SCENARIOS = [
  { name: 'plain, 50 at once', scheme: 'http', concurrency: 50 },
  { name: 'plain, 500 at once', scheme: 'http', concurrency: 500 },
  { name: 'TLS, 50 at once', scheme: 'https', concurrency: 50 },
  { name: 'TLS, 500 at once', scheme: 'https', concurrency: 500 },
  { name: 'plain, 500 a second', scheme: 'http', concurrency: 50, perSecond: 500 },
];
const ENGINES = ['bare', 'ours', 'undici', 'blackbox'];

const target = fork(new URL('./target.mjs', import.meta.url));
const [ports] = await once(target, 'message');
const blackbox = await findBlackbox();
if (blackbox === null) console.error('blackbox_exporter was not found: it is left out');

const runs = [];
try {
  for (let round = 1; round <= rounds; round += 1) {
    for (const scenario of SCENARIOS) {
      for (const engine of ENGINES) {
        if (engine === 'blackbox' && blackbox === null) continue;
        console.error(`round ${round} of ${rounds}: ${scenario.name}, ${engine}`);
        runs.push({ scenario: scenario.name, engine, ...(await measure(engine, scenario)) });
      }
    }
  }
} finally {
  target.kill();
}

const rows = SCENARIOS.flatMap(({ name }) => ENGINES.flatMap((engine) => summary(name, engine)));
const machine = { cpu: os.cpus()[0]?.model, cores: os.cpus().length, node: process.version };
if (options.json) console.log(JSON.stringify({ machine, seconds, rounds, rows }, null, 2));
else printTable();

async function measure(engine, scenario) {
  const job = {
    ...scenario,
    seconds,
    url: `${scenario.scheme}://127.0.0.1:${ports[scenario.scheme]}/`,
    ca: ports.ca,
  };
  if (engine === 'blackbox') return measureBlackbox(blackbox, job);
  const child = fork(new URL('./engine.mjs', import.meta.url));
  child.send({ ...job, engine });
  const [result] = await once(child, 'message');
  await once(child, 'exit');
  return result;
}

function summary(scenario, engine) {
  const mine = runs.filter((run) => run.scenario === scenario && run.engine === engine);
  if (mine.length === 0) return [];
  const median = (key) => mine.map((run) => run[key]).toSorted((a, b) => a - b)[mine.length >> 1];
  const keys = ['perSecond', 'cpuMsPer1000', 'p50Ms', 'p99Ms', 'rssMb', 'failed'];
  return [{ scenario, engine, ...Object.fromEntries(keys.map((key) => [key, median(key)])) }];
}

function printTable() {
  console.log(
    `${machine.cpu}, ${machine.cores} cores, Node ${machine.node}; medians of ${rounds} x ${seconds} s\n`,
  );
  console.log(
    '| scenario | engine | probes/s | CPU ms per 1,000 | p50 ms | p99 ms | RSS MB | failed |',
  );
  console.log('|---|---|---:|---:|---:|---:|---:|---:|');
  for (const row of rows) {
    const cells = [
      row.scenario,
      row.engine,
      row.perSecond.toFixed(0),
      row.cpuMsPer1000.toFixed(0),
      row.p50Ms.toFixed(2),
      row.p99Ms.toFixed(2),
      row.rssMb.toFixed(0),
      row.failed,
    ];
    console.log(`| ${cells.join(' | ')} |`);
  }
}
