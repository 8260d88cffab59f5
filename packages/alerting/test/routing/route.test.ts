/** Who hears of what, and when: one table of scenes for each rule. */
import { completeRouting, type RoutingInput } from '@trustmonitor/protocol';
import { describe, expect, test } from 'vitest';
import type { Silence } from '../../src/index.ts';
import { Bench, HOUR, MINUTE, SECOND, T0 } from './bench.ts';

const treeOf = (input: RoutingInput) => completeRouting({ groupInterval: 0, ...input });

const silence = (changes: Partial<Silence> = {}): Silence => ({
  ...{ id: 's1', match: {}, reason: 'we know' },
  ...{ fromMs: T0 - MINUTE, untilMs: T0 + 10 * MINUTE },
  ...changes,
});

describe('without a tree', () => {
  test('every channel hears of each step, once', () => {
    const bench = new Bench();
    bench.open('a');
    bench.tell(['updated', 'a', { verdict: 'partial', severity: 'error' }]);
    bench.resolve('a');
    bench.wait(HOUR);
    expect(bench.said()).toEqual([
      ...['ops opened a', 'team opened a'],
      ...['ops updated a', 'team updated a'],
      ...['ops resolved a', 'team resolved a'],
    ]);
    expect(bench.state.alerts.size + bench.state.groups.size).toBe(0);
    expect(bench.ended).toHaveLength(1);
  });

  test('a step is told although the next is known already', () => {
    const bench = new Bench();
    bench.tell(['opened', 'a'], ['resolved', 'a'], ['opened', 'b']);
    expect(bench.said().filter((words) => words.startsWith('ops'))).toEqual([
      ...['ops opened a', 'ops resolved a', 'ops opened b'],
    ]);
  });

  test('the end of what was told by an earlier release is told', () => {
    const bench = new Bench();
    bench.resolve('old');
    expect(bench.said()).toEqual(['ops resolved old', 'team resolved old']);
  });
});

describe("a monitor's own alerts", () => {
  const own = (changes: object) => ({
    afterMs: 0,
    remindEveryMs: null,
    onResolve: true,
    ...changes,
  });

  test('are told to the channels that they name, and ends to those that want them', () => {
    const bench = new Bench({ tree: treeOf({ notify: ['team'] }) });
    const alerts = [own({ notify: 'ops', onResolve: false }), own({ notify: 'team' })];
    const named = [...alerts, own({ notify: 'ops' }), own({ notify: 'gone' })];
    bench.open('a', { alerts: named as never });
    bench.resolve('a');
    expect(bench.said()).toEqual(['ops opened a', 'team opened a', 'team resolved a']);
    bench.open('b', { alerts: [] });
    expect(bench.said()).toEqual([]);
  });

  test('escalate and remind until somebody acknowledges', () => {
    const bench = new Bench();
    const alerts = [
      own({ notify: 'ops', remindEveryMs: 10 * MINUTE }),
      own({ notify: 'team', afterMs: 15 * MINUTE }),
    ] as never;
    bench.open('a', { alerts });
    expect(bench.holdOf('a', 'team')).toMatchObject({
      ...{ kind: 'escalation', untilMs: T0 + 15 * MINUTE },
    });
    bench.wait(22 * MINUTE);
    expect(
      bench.heard.map(({ atMs, channel, step }) => [(atMs - T0) / MINUTE, channel, step]),
    ).toEqual([
      [0, 'ops', 'opened'],
      [10, 'ops', 'reminder'],
      [15, 'team', 'escalated'],
      [20, 'ops', 'reminder'],
    ]);
    bench.said();
    bench.tell(['acknowledged', 'a']);
    bench.tell(['acknowledged', 'a']);
    bench.wait(HOUR);
    expect(bench.said()).toEqual(['ops acknowledged a', 'team acknowledged a']);
    bench.resolve('a');
    expect(bench.said()).toEqual(['ops resolved a', 'team resolved a']);

    bench.open('b', { alerts });
    bench.tell(['acknowledged', 'b']);
    bench.wait(HOUR);
    expect(bench.said()).toEqual(['ops opened b', 'ops acknowledged b']);
    expect(bench.holdOf('b', 'team')?.kind).toBe('acknowledged');
  });
});

describe('the tree', () => {
  const bench = new Bench({
    channels: new Map(['ops', 'team', 'pager', 'boss'].map((id) => [id, { maxItems: 100 }])),
    tree: treeOf({
      notify: ['ops'],
      remindEvery: '1h',
      routes: [
        { match: { labels: { audit: '*' } }, notify: ['boss'], continue: true },
        {
          match: { labels: { team: 'shop' } },
          notify: ['team'],
          routes: [
            {
              severity: ['critical'],
              notify: ['pager'],
              escalate: [{ after: '5m', notify: ['boss'] }],
            },
          ],
        },
        { match: { groups: ['eu *'] }, groupBy: ['monitor'] },
      ],
    }),
  });
  const whoHears = (key: string, facts: Parameters<Bench['open']>[1]) => {
    bench.open(key, facts);
    return bench
      .said()
      .map((words) => words.split(' ')[0])
      .toSorted();
  };

  test.each([
    ['what fits nothing', {}, ['ops']],
    ['a node', { monitor: { labels: { team: 'shop' } }, severity: 'error' }, ['team']],
    ['the deepest node', { monitor: { labels: { team: 'shop' } } }, ['pager']],
    ['and goes on', { monitor: { labels: { audit: '1', team: 'shop' } } }, ['boss', 'pager']],
    ['or alone', { monitor: { labels: { audit: '1' } } }, ['boss']],
    ['what it does not say it has from above', { monitor: { group: 'eu west' } }, ['ops']],
  ] as const)('%s', (name, facts, channels) => {
    expect(whoHears(name, facts as never)).toEqual(channels);
  });

  test('tells more people of what has become worse, and what it told goes on', () => {
    const labels = { monitor: { labels: { team: 'shop' } } };
    bench.open('worse', { ...labels, verdict: 'partial', severity: 'error' });
    bench.tell(['updated', 'worse', labels]);
    bench.resolve('worse', labels);
    expect(bench.said()).toEqual([
      ...['team opened worse', 'team updated worse', 'pager opened worse'],
      ...['team resolved worse', 'pager resolved worse'],
    ]);
  });
});

describe('together', () => {
  test('the first leaves at once, and what follows within the interval is one message', () => {
    const bench = new Bench({ tree: {}, channels: new Map([['ops', { maxItems: 100 }]]) });
    bench.open('a');
    bench.wait(SECOND);
    bench.open('b');
    bench.open('c');
    bench.resolve('a');
    expect(bench.messages).toBe(1);
    bench.wait(9 * SECOND);
    expect(bench.messages).toBe(2);
    expect(bench.said()).toEqual([
      'ops opened a',
      'ops opened b',
      'ops opened c',
      'ops resolved a',
    ]);
    bench.wait(10 * SECOND);
    bench.resolve('b');
    expect(bench.messages).toBe(3);
  });

  test('thirty incidents of one second are six messages of five at most, and one', () => {
    const bench = new Bench({ tree: {}, channels: new Map([['ops', { maxItems: 5 }]]) });
    for (let i = 0; i < 30; i++) {
      bench.wait(33);
      bench.open(`m${i}`);
    }
    bench.wait(MINUTE);
    expect(bench.heard).toHaveLength(30);
    expect(bench.messages).toBe(1 + 6);
    expect(bench.heard.at(-1)!.atMs - T0).toBeLessThanOrEqual(10 * SECOND + 33);
  });

  test('is what has the same values, for each channel', () => {
    const tree = completeRouting({ groupBy: ['labels.team', 'severity'], groupWait: '5s' });
    const bench = new Bench({ tree });
    const of = (team: string) => ({ monitor: { labels: { team } } });
    bench.tell(['opened', 'a', of('x')], ['opened', 'b', of('x')], ['opened', 'c', of('y')]);
    expect(bench.messages).toBe(0);
    bench.wait(5 * SECOND);
    expect(bench.messages).toBe(4);
  });
});

describe('is held and told when the reason ends:', () => {
  test('by a silence, which says so', () => {
    const bench = new Bench({ silences: [silence({ match: { monitors: ['a*'] } })] });
    bench.tell(['opened', 'a1'], ['opened', 'b']);
    expect(bench.said()).toEqual(['ops opened b', 'team opened b']);
    expect(bench.holdOf('a1')).toEqual({
      ...{ kind: 'silence', by: 's1', why: 'we know', untilMs: T0 + 10 * MINUTE },
    });
    bench.wait(11 * MINUTE);
    expect(bench.said()).toEqual(['ops opened a1', 'team opened a1']);
    expect(bench.holdOf('a1')).toBeNull();
  });

  test('and is not told when it is over by then', () => {
    const bench = new Bench({ silences: [silence()] });
    bench.open('a');
    bench.resolve('a');
    bench.wait(HOUR);
    expect(bench.said()).toEqual([]);
    expect(bench.ended[0]?.tracks[0]?.held?.kind).toBe('silence');
  });

  test('the end of what was told is told all the same', () => {
    const bench = new Bench();
    bench.open('a');
    bench.set({ silences: [silence()] });
    bench.tell(['updated', 'a', { severity: 'error' }]);
    bench.resolve('a');
    expect(bench.said()).toEqual([
      ...['ops opened a', 'team opened a', 'ops resolved a', 'team resolved a'],
    ]);
  });

  test('by maintenance', () => {
    const untilMs = T0 + HOUR;
    const mute = { kind: 'maintenance', by: 'w1', untilMs, why: 'new kernel' } as const;
    const bench = new Bench({ mutesOf: (_monitor, atMs) => (atMs < untilMs ? [mute] : []) });
    bench.open('a');
    expect(bench.holdOf('a')).toEqual(mute);
    bench.wait(HOUR);
    expect(bench.said()).toEqual(['ops opened a', 'team opened a']);
  });

  test('by a dependency that is down, until it has had time to recover', () => {
    const bench = new Bench({ channels: new Map([['ops', { maxItems: 9 }]]) });
    const facts = { dependsOn: ['db'], settleMs: MINUTE };
    bench.open('api', facts);
    expect(bench.holdOf('api')).toMatchObject({ kind: 'inhibition', untilMs: T0 + 10 * SECOND });
    bench.wait(3 * SECOND);
    bench.open('db');
    expect(bench.said()).toEqual(['ops opened db']);
    bench.wait(HOUR);
    expect(bench.holdOf('api')).toMatchObject({ kind: 'inhibition', by: 'db', untilMs: null });
    bench.resolve('db');
    bench.wait(59 * SECOND);
    expect(bench.said()).toEqual(['ops resolved db']);
    bench.wait(SECOND);
    expect(bench.said()).toEqual(['ops opened api']);
  });

  test('by a dependency that is partly up again, and by one whose last incident is not told yet', () => {
    const quietHours = { from: '13:01', to: '15:00', timezone: 'Europe/Berlin' };
    const bench = new Bench({
      channels: new Map([['ops', { maxItems: 9 }]]),
      tree: treeOf({ quietHours: { ...quietHours, minSeverity: 'critical' } }),
    });
    const facts = { dependsOn: ['db'], settleMs: MINUTE };
    bench.open('db#1');
    bench.wait(2 * MINUTE);
    bench.tell(['updated', 'db#1', { verdict: 'partial', severity: 'error' }]);
    bench.open('api#1', facts);
    bench.wait(30 * SECOND);
    expect(bench.holdOf('api#1')).toMatchObject({ kind: 'inhibition', by: 'db' });
    bench.wait(30 * SECOND);
    expect(bench.said()).toEqual(['ops opened db#1', 'ops opened api#1']);
    bench.resolve('db#1');
    expect(bench.holdOf('db#1')).toMatchObject({ kind: 'quiet_hours' });
    bench.open('db#2');
    // As they are read, in no order.
    bench.state = { ...bench.state, alerts: new Map([...bench.state.alerts].toReversed()) };
    bench.open('api#2', facts);
    bench.wait(30 * SECOND);
    expect(bench.holdOf('api#2')).toMatchObject({ kind: 'inhibition', by: 'db', untilMs: null });
  });

  test('by nothing but a little patience where the dependency is up', () => {
    const bench = new Bench({ channels: new Map([['ops', { maxItems: 9 }]]) });
    bench.open('api', { dependsOn: ['db'] });
    bench.wait(10 * SECOND);
    expect(bench.said()).toEqual(['ops opened api']);
  });

  test('by a region that cannot judge, where it alone dissents', () => {
    const bench = new Bench({ regionsOut: new Map([['eu', 'its canaries fail']]) });
    const partial = { verdict: 'partial', severity: 'error' } as const;
    bench.open('a', { ...partial, regionsDown: ['eu'] });
    bench.open('b', { ...partial, regionsDown: ['eu', 'us'] });
    bench.open('c', { regionsDown: ['eu'] });
    expect(bench.said().filter((words) => words.startsWith('ops'))).toEqual([
      ...['ops opened b', 'ops opened c'],
    ]);
    expect(bench.holdOf('a')).toMatchObject({ kind: 'region', by: 'eu' });
    bench.set({ regionsOut: new Map() });
    bench.wait(0);
    expect(bench.said()).toEqual(['ops opened a', 'team opened a']);
  });

  test('by quiet hours, but for what is severe enough', () => {
    const quietHours = { from: '13:30', to: '14:00', timezone: 'Europe/Berlin' };
    const bench = new Bench({
      channels: new Map([['ops', { maxItems: 9 }]]),
      tree: treeOf({ quietHours: { ...quietHours, minSeverity: 'critical' } }),
    });
    bench.open('told', { severity: 'error' });
    bench.wait(40 * MINUTE);
    bench.open('small', { severity: 'error' });
    bench.open('great');
    bench.resolve('told');
    expect(bench.said()).toEqual(['ops opened told', 'ops opened great']);
    expect(bench.holdOf('small')).toMatchObject({ kind: 'quiet_hours', untilMs: T0 + HOUR });
    bench.wait(20 * MINUTE);
    expect(bench.said()).toEqual(['ops resolved told', 'ops opened small']);
  });
});
