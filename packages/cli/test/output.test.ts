import { stripVTControlCharacters } from 'node:util';
import { describe, expect, test } from 'vitest';
import { coloured, paintFor, plain } from '../src/output/paint.ts';
import { printable } from '../src/output/printable.ts';
import { renderTable } from '../src/output/table.ts';
import { terminalOn } from '../src/output/terminal.ts';
import { agreement, ago, instant, lasted } from '../src/output/words.ts';
import { CapturedStream } from './harness.ts';

describe('a table', () => {
  const rows = [
    { name: 'a', count: 7 },
    { name: 'longer', count: 12 },
  ];

  test('is aligned, numbers to the right', () => {
    const table = renderTable(
      rows,
      [
        { title: 'NAME', cell: ({ name }) => name },
        { title: 'COUNT', cell: ({ count }) => String(count), align: 'right' },
        { title: 'NOTE', cell: () => 'x' },
      ],
      plain,
    );
    expect(table).toBe('NAME    COUNT  NOTE\na           7  x\nlonger     12  x');
  });

  test('is as wide in colour as without', () => {
    const columns = [
      {
        title: 'NAME',
        cell: ({ name }: { name: string }) => ({ text: name, colour: 'red' as const }),
      },
      { title: 'END', cell: () => '.' },
    ];
    const stripped = stripVTControlCharacters(renderTable(rows, columns, coloured));
    expect(stripped).toBe(renderTable(rows, columns, plain));
  });

  test('shows control characters instead of obeying them', () => {
    const evil = [{ name: 'up\u001B[2J\u202Eevil\nnew line' }];
    const table = renderTable(evil, [{ title: 'NAME', cell: ({ name }) => name }], plain);
    expect(table).toBe('NAME\nup\uFFFD[2J\uFFFDevil\uFFFDnew line');
  });
});

test('printable leaves ordinary text of any script alone', () => {
  expect(printable('Zürich 東京 – ok')).toBe('Zürich 東京 – ok');
});

describe('colours', () => {
  test.each([
    ['a terminal', true, {}, true],
    ['no terminal', false, {}, false],
    ['NO_COLOR', true, { NO_COLOR: '1' }, false],
    ['an empty NO_COLOR', true, { NO_COLOR: '' }, true],
    ['a dumb terminal', true, { TERM: 'dumb' }, false],
    ['FORCE_COLOR without a terminal', false, { FORCE_COLOR: '1' }, true],
    ['NO_COLOR against FORCE_COLOR', true, { NO_COLOR: '1', FORCE_COLOR: '1' }, false],
  ])('%s', (_name, isTerminal, wishes, expected) => {
    expect(paintFor(isTerminal, wishes)('red', 'x') !== 'x').toBe(expected);
  });
});

describe('the terminal', () => {
  test('keeps data and chatter apart', () => {
    const [out, err] = [new CapturedStream(), new CapturedStream()];
    const terminal = terminalOn(out, err, {});
    terminal.print('data');
    terminal.say('chatter');
    terminal.json({ a: 1 });
    expect(out.text).toBe('data\n{\n  "a": 1\n}\n');
    expect(err.text).toBe('chatter\n');
  });

  test('shows progress on a terminal only, and clears it before anything else', () => {
    const terminals = [true, false].map((isTTY) => {
      const stream = new CapturedStream(isTTY);
      const terminal = terminalOn(new CapturedStream(), stream, {});
      terminal.progress('working');
      terminal.say('done');
      return stream.text;
    });
    expect(terminals).toEqual(['working\r\u001B[2Kdone\n', 'done\n']);
  });
});

describe('words', () => {
  test.each([
    [['up', 'up', 'up'], '3 of 3 regions agree'],
    [['up'], '1 of 3 regions voted'],
    [['down', 'down'], '2 of 3 regions agree'],
    [['up', 'down', 'abstain'], 'they differ: 1 up, 1 down, of 3 regions'],
    [['abstain'], 'none of 3 regions voted'],
  ] as const)('the votes %j: %s', (votes, said) => {
    expect(agreement(votes, 3)).toBe(said);
  });

  test('times', () => {
    const now = Date.parse('2026-01-31T12:00:00.000Z');
    expect(ago(null, now)).toBe('never');
    expect(ago('2026-01-31T11:59:59.700Z', now)).toBe('just now');
    expect(ago('2026-01-31T11:58:30.000Z', now)).toBe('1m ago');
    expect(ago('2026-01-31T12:00:05.000Z', now)).toBe('just now');
    expect(lasted('2026-01-31T11:00:00.000Z', null, now)).toBe('1h');
    expect(lasted('2026-01-31T11:00:00.000Z', '2026-01-31T11:00:42.900Z', now)).toBe('42s');
    expect(instant('2026-01-31T11:00:42.900Z')).toBe('2026-01-31 11:00:42Z');
    expect(instant(null)).toBe('-');
  });
});
