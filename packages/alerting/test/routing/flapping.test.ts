/** Monitors that go down and up again and again, scene by scene. */
import { describe, expect, test } from 'vitest';
import { Bench, HOUR, MINUTE, SECOND, T0 } from './bench.ts';

describe('a monitor that flaps', () => {
  const alone = () => new Bench({ channels: new Map([['ops', { maxItems: 9 }]]) });
  const heardOf = (bench: Bench) =>
    bench.heard.map(({ atMs, step, alert }) => [(atMs - T0) / MINUTE, `${step} ${alert}`]);

  test('every 45 s is told of with its first outage, that it flaps, and how it is in the end', () => {
    const bench = alone();
    for (let i = 0; i < 40; i++) {
      bench.open(`m#${i}`);
      bench.wait(45 * SECOND);
      bench.resolve(`m#${i}`);
      bench.wait(45 * SECOND);
    }
    expect(bench.state.monitors.get('m')?.flappingSinceMs).toBe(T0 + 90 * SECOND);
    expect(heardOf(bench)).toEqual([
      ...[
        [0, 'opened m#0'],
        [0.75, 'resolved m#0'],
      ],
      [1.5, 'opened flapping/m'],
    ]);
    bench.said();
    bench.open('m#40');
    expect(bench.holdOf('m#40')).toMatchObject({ kind: 'flapping', untilMs: T0 + 70 * MINUTE });
    bench.wait(10 * MINUTE);
    // It stays down. That it does not flap any more can wait, but for the hour's second message.
    expect(bench.said()).toEqual(['ops opened m#40']);
    bench.wait(60 * MINUTE);
    // In the words of what happened last, not of when it began to flap.
    expect(bench.heard).toMatchObject([
      { alert: 'flapping/m', step: 'resolved', news: 81, atMs: T0 + 130 * MINUTE },
    ]);
    bench.said();
    bench.resolve('m#40');
    bench.wait(48 * HOUR);
    expect(bench.said()).toEqual(['ops resolved m#40']);
    expect(bench.state.monitors.size).toBe(0);
  });

  test('in what an open incident says is told of alike, and an outage by parts is not', () => {
    const partial = { verdict: 'partial', severity: 'error' } as const;
    const bench = alone();
    const turns = [{}, partial, {}] as const;
    bench.open('tail', partial);
    for (const facts of turns.slice(0, 2)) bench.tell(['updated', 'tail', facts]);
    bench.resolve('tail');
    expect(bench.said()).toEqual([
      ...['ops opened tail', 'ops updated tail', 'ops updated tail', 'ops resolved tail'],
    ]);
    bench.open('m', partial);
    for (const facts of [...turns.slice(0, 2), ...turns, partial]) {
      bench.wait(MINUTE);
      bench.tell(['updated', 'm', facts]);
    }
    bench.wait(2 * HOUR);
    expect(heardOf(bench)).toEqual([
      [0, 'opened m'],
      [1, 'updated m'],
      [2, 'updated m'],
      [3, 'updated m'],
      [4, 'opened flapping/m'],
      [64, 'resolved flapping/m'],
      [64, 'updated m'],
    ]);
  });
});
