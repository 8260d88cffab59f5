/** `npm run sim`: many seeds of a scenario, or one of them again. */
import process from 'node:process';
import { parseArgs } from 'node:util';
import { Journal } from './kernel/journal.ts';
import { runPlan, type Outcome } from './run.ts';
import { SCENARIOS, type ScenarioName } from './scenario/scenarios.ts';
import { EXPERIMENTS } from './stats/experiments.ts';
import { DEFAULT_ROUNDS, isExperiment, runExperiments } from './stats/run.ts';

const DEFAULT_SEEDS = 100;
const LONG_SEEDS = 1_000;
const LONG_ROUNDS = 1e8;

const USAGE = `npm run sim -- [--scenario ${Object.keys(SCENARIOS).join('|')}] [--seed N] [--rounds M]

       npm run sim -- --stats all|${Object.keys(EXPERIMENTS).join('|')} [--seed N] [--rounds M]
       npm run sim -- --long

--seed N    the first seed (default 1)
--rounds M  how many seeds, from N on (default 100; 1 replays one); with --stats, how many rounds
            of the engine (default ${DEFAULT_ROUNDS})
--long      every scenario over 1,000 seeds, each run twice, and every experiment over 10^8 rounds`;

export function main(args: readonly string[]): number {
  const { values } = parseArgs({
    args: [...args],
    options: {
      scenario: { type: 'string' },
      seed: { type: 'string', default: '1' },
      rounds: { type: 'string' },
      stats: { type: 'string' },
      long: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) {
    print(USAGE);
    return 0;
  }
  const seed = Number(values.seed);
  if (values.long) return runLong(seed);
  if (values.stats !== undefined) return runStats(values.stats, seed, values.rounds);
  const count = Number(values.rounds ?? DEFAULT_SEEDS);
  const names = values.scenario === undefined ? scenarioNames() : [values.scenario];
  return names.every((name) => runScenario(name, seed, count) !== null) ? 0 : 1;
}

/** What docs/benchmarks/accuracy.md holds; takes hours. */
function runLong(seed: number): number {
  for (const name of scenarioNames()) {
    const hashes = [1, 2].map(() => runScenario(name, seed, LONG_SEEDS));
    if (hashes[0] === null || hashes[0] !== hashes[1]) {
      print(`${name}: two runs of the same seeds differ, or a breach`);
      return 1;
    }
  }
  return runStats('all', seed, String(LONG_ROUNDS));
}

function runStats(which: string, seed: number, rounds: string | undefined): number {
  const all = Object.keys(EXPERIMENTS).filter(isExperiment);
  const names = which === 'all' ? all : [which].filter(isExperiment);
  if (names.length === 0) {
    print(`there is no experiment ${which}\n\n${USAGE}`);
    return 1;
  }
  const size = { seed, rounds: Number(rounds ?? DEFAULT_ROUNDS) };
  runExperiments(names, size, print, () => performance.now());
  return 0;
}

function scenarioNames(): ScenarioName[] {
  return Object.keys(SCENARIOS) as ScenarioName[];
}

/** The hash over all logs; null after a breach, which is printed. */
function runScenario(name: string, first: number, count: number): string | null {
  const draw = (SCENARIOS as Record<string, (typeof SCENARIOS)[ScenarioName] | undefined>)[name];
  if (draw === undefined) {
    print(`there is no scenario ${name}\n\n${USAGE}`);
    return null;
  }
  const all = new Journal();
  const totals = { events: 0, incidents: 0, detectionMs: [] as number[] };
  for (let seed = first; seed < first + count; seed++) {
    const outcome = runPlan(draw(seed), seed);
    if (outcome.breach !== null) {
      printBreach(name, outcome);
      return null;
    }
    all.note(outcome.hash);
    totals.events += outcome.events;
    totals.incidents += outcome.incidents;
    totals.detectionMs.push(...outcome.detectionMs);
  }
  const seeds = count === 1 ? `seed ${first}` : `seeds ${first} to ${first + count - 1}`;
  print(
    `${name}: ${seeds}, ${totals.events} events, ${totals.incidents} incidents, ` +
      `detection p50 ${quantile(totals.detectionMs, 0.5)} ms, p99 ${quantile(totals.detectionMs, 0.99)} ms, ` +
      `no breach, log hash ${all.hash}`,
  );
  return all.hash;
}

function printBreach(name: string, { seed, events, breach }: Outcome): void {
  if (breach === null) return;
  print(`the last ${breach.latest.length} events:`);
  for (const line of breach.latest) print(`  ${line}`);
  print(`${name}: seed ${seed}, event ${events}: ${breach.error.message}`);
  print(`again: npm run sim -- --scenario ${name} --seed ${seed} --rounds 1`);
}

function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}
