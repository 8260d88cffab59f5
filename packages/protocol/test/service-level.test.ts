/** Objectives as people write them: completed, refused with the field, and written back. */
import { expect, test } from 'vitest';
import {
  completeMonitor,
  completeSlo,
  isTrustMonitorError,
  sloInputParser,
  writtenMonitor,
  writtenSlo,
  type MonitorInput,
  type SloInput,
} from '../src/index.ts';

const DAY = 86_400_000;
const shop = (slo?: MonitorInput['slo']): MonitorInput => ({
  ...{ name: 'Shop', url: 'https://shop.example/' },
  ...(slo === undefined ? {} : { slo }),
});

test('a target is enough, and nothing is promised where nothing is written', () => {
  const level = { target: 99.9, windowMs: 30 * DAY, degraded: 'good', partial: 'good' };
  expect(completeMonitor(shop({ target: '99.9%' })).slo).toEqual({ ...level, latency: null });
  expect(completeMonitor(shop())).not.toHaveProperty('slo');
  const defaults = { slo: { target: 99, latency: { threshold: '1s', target: '95 %' } } };
  expect(completeMonitor(shop(null), defaults)).not.toHaveProperty('slo');
  expect(completeMonitor(shop(), defaults).slo).toMatchObject({
    ...{ target: 99, latency: { thresholdMs: 1_000, target: 95 } },
  });
  const job: MonitorInput = { name: 'Job', type: 'heartbeat', heartbeat: { period: '1h' } };
  expect(completeMonitor(job, defaults).slo).toMatchObject({ target: 99, latency: null });
});

test.each([
  [{ target: '49%' }, '/slo/target'],
  [{ target: 99, window: '1h' }, '/slo/window'],
  [{ target: 99, window: '100d' }, '/slo/window'],
  [{ target: 99, window: '36.5h' }, '/slo/window'],
  [{ target: 99, latency: { threshold: '0s', target: 99 } }, '/slo/latency/threshold'],
  [{ target: 99, latency: { threshold: '1s', target: '12%' } }, '/slo/latency/target'],
])('%j is refused at its field', (slo, where) => {
  const refusal = expect.toSatisfy((error) => isTrustMonitorError(error) && error.where === where);
  expect(() => completeMonitor(shop(slo))).toThrow(refusal);
});

test('a share in place of a percentage, and the latency of a job, are refused', () => {
  expect(() => sloInputParser.parse({ name: 'A', selector: {}, target: 0.999 })).toThrow('target');
  const slo = { target: 99, latency: { threshold: '1s', target: 99 } };
  const job: MonitorInput = { name: 'Job', type: 'heartbeat', heartbeat: { period: '1h' }, slo };
  expect(() => completeMonitor(job)).toThrow('/slo/latency is not used by heartbeat');
});

test('what is written back completes to the same, and says no default', () => {
  const input = { name: 'The shop', selector: { groups: ['shop*'] }, target: 99.95 };
  expect(writtenSlo(completeSlo(input))).toEqual({ id: 'the-shop', ...input });
  const whole: SloInput = {
    ...{ ...input, id: 'a', window: '7d' },
    degraded: 'bad',
    partial: 'bad',
    latency: { threshold: '250ms', target: 90 },
    alerts: [{ notify: 'x', onResolve: false }],
  };
  expect(writtenSlo(completeSlo(whole))).toEqual(whole);
  const slo = { target: 99, window: '7d' };
  expect(writtenMonitor(completeMonitor(shop(slo)))).toMatchObject({ slo });
});
