/** `npm run sim`: many seeds of a scenario, or one of them again. */
import process from 'node:process';
import { parseArgs } from 'node:util';
import { Journal } from './kernel/journal.ts';
import { runPlan, type Outcome } from './run.ts';
import { SCENARIOS, type ScenarioName } from './scenario/scenarios.ts';

const USAGE = `npm run sim -- [--scenario ${Object.keys(SCENARIOS).join('|')}] [--seed N] [--rounds M]

--seed N    the first seed (default 1)
--rounds M  how many seeds, from N on (default 100; 1 replays one)`;

export function main(args: readonly string[]): number {
  const { values } = parseArgs({
    args: [...args],
    options: {
      scenario: { type: 'string' },
      seed: { type: 'string', default: '1' },
      rounds: { type: 'string', default: '100' },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) {
    print(USAGE);
    return 0;
  }
  const names = values.scenario === undefined ? scenarioNames() : [values.scenario];
  return names.every((name) => runScenario(name, Number(values.seed), Number(values.rounds)))
    ? 0
    : 1;
}

function scenarioNames(): ScenarioName[] {
  return Object.keys(SCENARIOS) as ScenarioName[];
}

function runScenario(name: string, first: number, count: number): boolean {
  const draw = (SCENARIOS as Record<string, (typeof SCENARIOS)[ScenarioName] | undefined>)[name];
  if (draw === undefined) {
    print(`there is no scenario ${name}\n\n${USAGE}`);
    return false;
  }
  const all = new Journal();
  const totals = { events: 0, incidents: 0, detectionMs: [] as number[] };
  for (let seed = first; seed < first + count; seed++) {
    const outcome = runPlan(draw(seed), seed);
    if (outcome.breach !== null) {
      printBreach(name, outcome);
      return false;
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
  return true;
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
