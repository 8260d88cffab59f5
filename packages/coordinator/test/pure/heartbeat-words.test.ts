import { expect, test } from 'vitest';
import { judge } from '../../src/push/judge.ts';
import { cleanMessage } from '../../src/push/message.ts';
import { T0 } from '../support/watched.ts';

const HOURLY = { periodMs: 3_600_000, graceMs: 60_000 };
const NOTHING = {
  dueAtMs: T0,
  failing: false,
  message: null,
  lastOkAtMs: null,
  lastFailAtMs: null,
  lastStartAtMs: null,
};

test('nothing is late up to the last instant', () => {
  expect(judge(HOURLY, NOTHING, T0)).toEqual({ outcome: 'up', failure: null });
  expect(judge(HOURLY, NOTHING, T0 + 1).outcome).toBe('down');
});

test.each([
  [
    NOTHING,
    'no ok ping ever; expected every 1h, with 1m of grace: it was due by 2026-01-31T12:00:00.000Z',
  ],
  [
    { ...NOTHING, lastOkAtMs: T0 - 3_660_000, lastStartAtMs: T0 - 60_000 },
    'last ok ping at 2026-01-31T10:59:00.000Z; expected every 1h, with 1m of grace: it was due by ' +
      '2026-01-31T12:00:00.000Z; it started at 2026-01-31T11:59:00.000Z and has not ended',
  ],
  [
    { ...NOTHING, failing: true, lastFailAtMs: T0 - 1_000, message: 'no space' },
    'failed at 2026-01-31T11:59:59.000Z: "no space"; no ok ping ever',
  ],
])('says when the job was heard last, and what was expected', (heartbeat, detail) => {
  expect(judge(HOURLY, heartbeat, T0 + 1).failure?.detail).toBe(detail);
});

test.each([
  ['  two\r\nlines\t ', 'two lines'],
  ['\u001b[2Jgone\0', '[2Jgone'],
  ['right\u202eto left', 'right to left'],
  ['half \ud800', 'half \ufffd'],
  [' \n', null],
  ['x'.repeat(300), `${'x'.repeat(199)}…`],
])('a message of a job becomes one harmless line: %j', (text, line) => {
  expect(cleanMessage(text)).toBe(line);
});

test('the longest message fits a result', () => {
  const message = cleanMessage('😀'.repeat(300));
  const long = { ...NOTHING, failing: true, lastFailAtMs: T0, lastOkAtMs: T0, message };
  expect(judge(HOURLY, long, T0).failure!.detail.length).toBeLessThanOrEqual(500);
});
