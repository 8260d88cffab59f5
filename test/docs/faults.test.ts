/** The tables of docs/reliability.md are true: every test that they name is there. */
import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { expect, test } from 'vitest';

const DOCS = resolve(import.meta.dirname, '../../docs');
const FAULTS = 28;
const INPUTS = 8;

const text = readFileSync(resolve(DOCS, 'reliability.md'), 'utf8');
const rows = text
  .slice(text.indexOf('## What was broken on purpose'))
  .split('\n')
  .filter((line) => line.startsWith('| ') && !line.startsWith('| -'))
  .map((line) => line.split('|').map((cell) => cell.trim()));

interface Named {
  readonly file: string;
  readonly title: string;
}

/** `[words](path) "title"`; without a title, the one that begins with the number of the fault. */
function testsIn(cell: string, fallback: string): Named[] {
  return [...cell.matchAll(/\]\(([^)]+)\)(?: "([^"]+)")?/g)].map(([, file = '', title]) => ({
    file: resolve(DOCS, file),
    title: title ?? fallback,
  }));
}

const isThere = ({ file, title }: Named): boolean =>
  existsSync(file) && readFileSync(file, 'utf8').includes(title);

const faults = rows.filter(([, number]) => /^\d+$/.test(number ?? ''));

test('each fault has a row, in order', () => {
  expect(faults.map(([, number]) => Number(number))).toEqual(
    Array.from({ length: FAULTS }, (_, i) => i + 1),
  );
});

test.each(faults)('%s fault %s (%s) is tested where its row says', (...[, number, , where]) => {
  if (where === 'not covered') return;
  const named = testsIn(where ?? '', `fault ${number ?? ''}: `);
  expect(named).not.toEqual([]);
  expect(named.filter((one) => !isThere(one))).toEqual([]);
});

test('so is bad input', () => {
  const inputs = rows.filter((cells) => cells.length === 5 && cells[1] !== '').slice(1);
  expect(inputs).toHaveLength(INPUTS);
  const named = inputs.flatMap(([, , where]) => testsIn(where ?? '', 'a title'));
  expect(named).toHaveLength(INPUTS);
  expect(named.filter((one) => !isThere(one))).toEqual([]);
});

test('a fault with a test of its own is in the table', () => {
  const files = ['agents', 'broker', 'canaries', 'coordinators', 'database', 'targets'];
  const tested = files.flatMap((name) => {
    const source = readFileSync(resolve(DOCS, `../test/faults/${name}.test.ts`), 'utf8');
    return [...source.matchAll(/'fault (\d+): /g)].map(([, number]) => ({ number, name }));
  });
  expect(tested.length).toBeGreaterThan(15);
  const missing = tested.filter(
    ({ number, name }) =>
      !faults.some((row) => row[1] === number && row[3]?.includes(`faults/${name}.test.ts`)),
  );
  expect(missing).toEqual([]);
});
