/** What monitors were like when they were last up: for all that go down in one turn together. */
import type { Result, Verdict } from '@trustmonitor/protocol';
import { expect, test } from 'vitest';
import { selectLastGood } from '../../src/store/last-good.ts';
import { insertResults } from '../../src/store/results.ts';
import { insertRounds } from '../../src/store/rounds.ts';
import { testStore } from '../support/database.ts';
import { newId, resultOf, roundRow } from './rows.ts';

const { database } = await testStore();
const T0 = Date.now() - 3_600_000;

interface Seen {
  readonly region: string;
  readonly outcome?: Result['outcome'];
  readonly verdict?: Verdict;
  readonly counted?: boolean;
}

/** A round a second, each asking one region; it took as many ms as its place in the row. */
async function history(monitor: string, rounds: readonly Seen[]): Promise<void> {
  for (const [i, seen] of rounds.entries()) {
    const { region, outcome = 'up', verdict = 'up', counted = true } = seen;
    const id = newId(T0 + i * 1_000);
    await insertRounds(database, [roundRow({ id, monitor, verdict })]);
    const agent = `${region}-1`;
    const result = resultOf({ monitor, round: id, agent, region, outcome, durationMs: i });
    const leaf = JSON.stringify(result);
    const row = { result, leaf, batch: '00'.repeat(32), index: 0, counted };
    await insertResults(database, [row]);
  }
}

test('the newest counted answer of each region that said up, of the last rounds that did', async () => {
  const steady = Array.from({ length: 31 }, () => ({ region: 'eu' }));
  await history('shop', [
    ...[{ region: 'ap' }, { region: 'us' }, ...steady],
    ...[
      { region: 'us', counted: false },
      { region: 'eu', verdict: 'partial' as const },
    ],
    ...[{ region: 'us', verdict: 'degraded' as const, outcome: 'abstain' as const }],
    { region: 'eu', verdict: 'down', outcome: 'down' },
    { region: 'us' },
  ]);
  await history('cart', [{ region: 'ap' }, { region: 'ap' }]);
  const before = (monitor: string, atS: number) => ({
    monitor,
    round: newId(T0 + atS * 1_000 - 1),
  });
  const good = await selectLastGood(database, [
    ...[before('shop', 37), before('cart', 9), before('none', 9)],
  ]);
  const found = [...good].map(([monitor, results]) => [
    monitor,
    ...results.map(({ region, durationMs }) => `${region} ${durationMs}`),
  ]);
  expect(found.toSorted()).toEqual([
    ['cart', 'ap 1'],
    ['shop', 'eu 32'],
  ]);
});
