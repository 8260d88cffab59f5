/** The DORA metrics, on small histories that can be counted by hand, and on any. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { doraOf, type Deployed, type DoraInput, type Outage } from '../src/index.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

const deployed = (id: string, atMs: number, changes: Partial<Deployed> = {}): Deployed => ({
  ...{ id, version: id, deployedAtMs: atMs, committedAtMs: null, outcome: 'succeeded', ...changes },
});
const outage = (id: string, fromMs: number, toMs: number | null): Outage => ({
  ...{ id, openedAtMs: fromMs, resolvedAtMs: toMs },
});
const dora = (changes: Partial<DoraInput>) =>
  doraOf({
    ...{ fromMs: 0, toMs: 10 * DAY, windowMs: HOUR, nowMs: 30 * DAY },
    ...{ deployments: [], incidents: [], ...changes },
  });

describe('the metrics', () => {
  test('of a version that was rolled back later: one deployment, which failed', () => {
    const [version, outcome] = ['v2', 'rolled_back'] as const;
    const found = dora({
      deployments: [
        deployed('v1', 1 * DAY),
        deployed('a', 2 * DAY, { version, committedAtMs: 2 * DAY - HOUR }),
        deployed('b', 3 * DAY, { version, outcome }),
        deployed('c', 4 * DAY, { version, outcome }),
        // It is tried again, and stays.
        deployed('d', 5 * DAY, { version }),
        // Nobody said that it came into service: that is all that is known of it.
        deployed('e', 6 * DAY, { version: 'v3', outcome }),
      ],
      incidents: [outage('of a', 2 * DAY + MINUTE, 2 * DAY + 11 * MINUTE)],
    });
    expect(found.deploymentFrequency).toEqual({ value: 0.4, n: 4, reason: null });
    expect(found.leadTime).toEqual({ value: HOUR, n: 1, reason: null });
    expect(found.changeFailureRate).toEqual({ value: 2 / 4, n: 4, reason: null });
    expect(
      found.failures.map(({ deployment, incident }) => [
        ...[deployment.id, deployment.deployedAtMs, deployment.outcome, incident?.id],
      ]),
    ).toEqual([
      ['a', 2 * DAY, outcome, 'of a'],
      ['e', 6 * DAY, outcome, undefined],
    ]);
  });

  test('of a history that can be counted by hand', () => {
    const found = dora({
      deployments: [
        deployed('before', -30 * MINUTE),
        deployed('a', 1 * DAY, { committedAtMs: 1 * DAY - 2 * HOUR }),
        // Replaced after ten minutes: what opens then is the next one's.
        deployed('b', 2 * DAY, { committedAtMs: 2 * DAY - 4 * HOUR }),
        deployed('c', 2 * DAY + 10 * MINUTE),
        deployed('d', 3 * DAY, { outcome: 'failed', committedAtMs: 0 }),
        deployed('e', 4 * DAY, { outcome: 'rolled_back', committedAtMs: 4 * DAY - 9 * HOUR }),
        deployed('after', 10 * DAY),
      ],
      incidents: [
        outage('of before', 20 * MINUTE, 25 * MINUTE),
        outage('too late for a', 1 * DAY + HOUR + 1, 1 * DAY + 3 * HOUR),
        outage('of c', 2 * DAY + 20 * MINUTE, 2 * DAY + 50 * MINUTE),
        outage('of c too', 2 * DAY + 55 * MINUTE, 2 * DAY + 65 * MINUTE),
        outage('at the moment of e', 4 * DAY, null),
        outage('of after', 10 * DAY + MINUTE, 10 * DAY + 2 * MINUTE),
      ],
    });
    // b, c, a and e came into service, in ten days.
    expect(found.deploymentFrequency).toEqual({ value: 0.4, n: 4, reason: null });
    expect(found.leadTime).toEqual({ value: 4 * HOUR, n: 3, reason: null });
    expect(found.changeFailureRate).toEqual({ value: 3 / 5, n: 5, reason: null });
    expect(found.failures.map(({ deployment, incident }) => [deployment.id, incident?.id])).toEqual(
      [
        ['c', 'of c'],
        ['d', undefined],
        ['e', 'at the moment of e'],
      ],
    );
    // 30 and 10 minutes; the third still lasts.
    expect(found.failedDeploymentRecovery).toEqual({ value: 20 * MINUTE, n: 2, reason: null });
    // 5, 119.99.., 30 and 10 minutes: all that opened in the period and are over.
    expect(found.timeToRestore).toEqual({ value: 20 * MINUTE, n: 4, reason: null });
  });

  test('say what is missing where there is too little', () => {
    const { failures, ...none } = dora({});
    expect(failures).toEqual([]);
    expect(Object.values(none).map(({ reason }) => reason)).toEqual([
      'no deployment of the period is known',
      'no deployment of the period is known with its time of commit',
      'no deployment of the period is known',
      'no incident followed a deployment of the period',
      'no incident opened in the period',
    ]);
    expect(dora({ toMs: DAY - 1, deployments: [deployed('a', 5)] }).deploymentFrequency).toEqual({
      ...{ value: null, n: 1, reason: 'the period is shorter than a day' },
    });
    expect(dora({ incidents: [outage('open', 5, null)] }).timeToRestore.reason).toMatch(
      /still open/,
    );
  });

  test('leave out the newest deployment while an incident may still follow it', () => {
    const deployments = [deployed('old', DAY), deployed('new', 2 * DAY)];
    const at = (nowMs: number, more: Partial<DoraInput> = {}) =>
      dora({ nowMs, deployments, ...more }).changeFailureRate;
    expect(at(2 * DAY + HOUR - 1)).toMatchObject({ value: 0, n: 1 });
    expect(at(2 * DAY + HOUR)).toMatchObject({ value: 0, n: 2 });
    const incidents = [outage('at once', 2 * DAY + 1, null)];
    expect(at(2 * DAY + 2, { incidents })).toMatchObject({ value: 0.5, n: 2 });
    expect(at(DAY + 1, { deployments: [deployed('only', DAY)] })).toMatchObject({
      ...{ value: null, reason: expect.stringContaining('too young') },
    });
  });

  test('of any history: each incident belongs to one deployment at most, within the window', () => {
    const time = fc.integer({ min: 0, max: 3 * DAY });
    const outcome = fc.constantFrom(
      'succeeded' as const,
      'failed' as const,
      'rolled_back' as const,
    );
    fc.assert(
      fc.property(
        fc.array(fc.tuple(time, outcome), { maxLength: 20 }),
        fc.array(fc.tuple(time, fc.option(fc.nat(HOUR))), { maxLength: 20 }),
        (deployments, incidents) => {
          const input = {
            deployments: deployments
              .toSorted(([a], [b]) => a - b)
              .map(([at, how], i) => deployed(`d${i}`, at, { outcome: how })),
            incidents: incidents.map(([at, ms], i) =>
              outage(`i${i}`, at, ms === null ? null : at + ms),
            ),
          };
          const { failures, changeFailureRate } = dora(input);
          const named = failures.flatMap(({ incident }) =>
            incident === null ? [] : [incident.id],
          );
          expect(new Set(named).size).toBe(named.length);
          for (const { deployment, incident } of failures) {
            if (incident === null) expect(deployment.outcome).not.toBe('succeeded');
            else {
              const after = incident.openedAtMs - deployment.deployedAtMs;
              expect(after >= 0 && after <= HOUR).toBe(true);
            }
          }
          const { value, n } = changeFailureRate;
          expect(value === null ? 0 : Math.round(value * n)).toBe(failures.length);
          expect(n).toBe(deployments.length);
        },
      ),
    );
  });
});
