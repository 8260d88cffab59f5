/** Runs experiments and says how long each took. `nowMs` is the caller's clock. */
import { EXPERIMENTS, type Figure } from './experiments.ts';
import { HEADER, row } from './report.ts';

export const DEFAULT_ROUNDS = 1_000_000;

export function isExperiment(name: string): name is keyof typeof EXPERIMENTS {
  return Object.hasOwn(EXPERIMENTS, name);
}

export function runExperiments(
  names: readonly (keyof typeof EXPERIMENTS)[],
  { seed, rounds }: { seed: number; rounds: number },
  print: (line: string) => void,
  nowMs: () => number,
): void {
  for (const name of names) {
    const { title, run } = EXPERIMENTS[name];
    const beganAt = nowMs();
    const figures: readonly Figure[] = run(seed, rounds);
    const seconds = ((nowMs() - beganAt) / 1_000).toFixed(1);
    print(`\n## ${name}: ${title}\n`);
    print(`\`npm run sim -- --stats ${name} --seed ${seed} --rounds ${rounds}\`: ${seconds} s\n`);
    for (const line of [...HEADER, ...figures.map(row)]) print(line);
  }
}
