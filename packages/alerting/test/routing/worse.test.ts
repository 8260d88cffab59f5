/** Alerts that become worse than somebody has taken in hand. */
import { completeRouting, type RoutingInput } from '@trustmonitor/protocol';
import { describe, expect, test } from 'vitest';
import { Bench, HOUR, MINUTE, T0 } from './bench.ts';

const treeOf = (input: RoutingInput) => completeRouting({ groupInterval: 0, ...input });

describe('what is in hand and becomes worse', () => {
  const own = { afterMs: 0, remindEveryMs: null, onResolve: true };
  const less = { verdict: 'partial', severity: 'error' } as const;
  const channels = new Map(['chat', 'pager', 'boss'].map((id) => [id, { maxItems: 9 }]));
  const tree = treeOf({
    notify: ['chat'],
    routes: [
      {
        severity: ['critical'],
        notify: ['pager'],
        remindEvery: '20m',
        escalate: [{ after: '15m', notify: ['boss'] }],
      },
    ],
  });

  test('is told to those who are named now, and escalates, until somebody has that in hand', () => {
    const bench = new Bench({ tree, channels });
    bench.open('a', less);
    bench.tell(['acknowledged', 'a', less]);
    bench.wait(HOUR);
    expect(bench.said()).toEqual(['chat opened a', 'chat acknowledged a']);
    bench.tell(['updated', 'a']);
    bench.wait(25 * MINUTE);
    expect(bench.said()).toEqual([
      ...['pager opened a', 'chat updated a', 'boss escalated a', 'pager reminder a'],
    ]);
    expect(bench.heard).toEqual([]);
    bench.tell(['acknowledged', 'a']);
    bench.wait(2 * HOUR);
    expect(bench.said().toSorted()).toEqual([
      ...['boss acknowledged a', 'chat acknowledged a', 'pager acknowledged a'],
    ]);
    // Less, and as bad as it was in hand: nothing new.
    bench.tell(['updated', 'a', less]);
    bench.tell(['updated', 'a']);
    bench.wait(2 * HOUR);
    expect(bench.said().filter((words) => !words.includes('updated'))).toEqual([]);
    bench.resolve('a');
    expect(bench.said().toSorted()).toEqual([
      'boss resolved a',
      'chat resolved a',
      'pager resolved a',
    ]);
  });

  test('does not escalate before those had time who are told at once, however long it is open', () => {
    const bench = new Bench({ tree, channels });
    bench.open('a', less);
    bench.wait(HOUR);
    bench.tell(['updated', 'a']);
    expect(bench.said()).toEqual(['chat opened a', 'pager opened a', 'chat updated a']);
    expect(bench.holdOf('a', 'boss')).toMatchObject({
      ...{ kind: 'escalation', untilMs: T0 + 75 * MINUTE },
    });
    const mine = [own, { ...own, afterMs: 15 * MINUTE }].map((one, i) => ({
      ...{ ...one, notify: i === 0 ? 'chat' : 'boss' },
    })) as never;
    bench.open('b', { ...less, alerts: mine });
    bench.wait(14 * MINUTE);
    // One that was named all along is not put off.
    bench.tell(['updated', 'b', { alerts: mine }]);
    bench.said();
    bench.wait(MINUTE);
    expect(bench.said()).toContain('boss escalated b');
  });

  test('escalates though it goes back and forth, once those had time who are told at once', () => {
    const bench = new Bench({
      channels,
      tree: treeOf({
        notify: ['chat'],
        routes: [
          {
            severity: ['critical'],
            notify: ['pager'],
            escalate: [{ after: '30m', notify: ['boss'] }],
          },
        ],
      }),
    });
    bench.open('a');
    bench.wait(10 * MINUTE);
    bench.tell(['updated', 'a', less]);
    bench.wait(15 * MINUTE);
    bench.tell(['updated', 'a']);
    expect(bench.holdOf('a', 'boss')).toMatchObject({ untilMs: T0 + 30 * MINUTE });
    bench.wait(4 * MINUTE);
    expect(bench.said()).not.toContain('boss escalated a');
    bench.wait(MINUTE);
    expect(bench.said()).toEqual(['boss escalated a']);
    // As long as it took, and not so bad just then: at once when it is that bad again.
    bench.open('b');
    bench.wait(20 * MINUTE);
    bench.tell(['updated', 'b', less]);
    bench.wait(20 * MINUTE);
    expect(bench.said()).not.toContain('boss escalated b');
    bench.tell(['updated', 'b']);
    expect(bench.said()).toContain('boss escalated b');
  });

  test('as noted by an earlier release, which did not say how bad it was, it is worse too', () => {
    const bench = new Bench({ tree, channels });
    bench.open('a', less);
    bench.tell(['acknowledged', 'a', less]);
    const alert = bench.state.alerts.get('a')!;
    const { id, atMs } = alert.acknowledged!;
    const alerts = new Map([['a', { ...alert, acknowledged: { id, atMs } }]]);
    bench.state = { ...bench.state, alerts };
    bench.tell(['updated', 'a']);
    expect(bench.said()).toContain('pager opened a');
  });
});
