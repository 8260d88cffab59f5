import { readFileSync, readdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { runScenario } from './scenario.ts';

const FOLDER = new URL('./scenarios/', import.meta.url);
const FILES = readdirSync(FOLDER).filter((name) => name.endsWith('.txt'));

describe('scenarios', () => {
  it('are all there', () => {
    expect(FILES.length).toBeGreaterThanOrEqual(60);
  });

  it.each(FILES)('%s', (name) => {
    expect(runScenario(readFileSync(new URL(name, FOLDER), 'utf8'))).toEqual([]);
  });

  it('fail on an effect that is missing, superfluous or different, and on an unmet expectation', () => {
    const wrong = (effects: string): number =>
      runScenario(`members eu:a\nat 0s due\n${effects}\nexpect verdict=none`).length;
    expect(wrong('-> ask verify eu for 2s')).toBe(0);
    expect(wrong('')).toBe(1);
    expect(wrong('-> ask verify eu for 2s\n-> ask verify eu for 2s')).toBe(1);
    expect(wrong('-> ask verify us for 2s')).toBe(1);
    expect(runScenario('expect verdict=up')).toHaveLength(1);
  });
});
