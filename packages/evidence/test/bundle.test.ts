import { describe, expect, it } from 'vitest';
import { CHECKS, nobleVerifier, verifyBundle } from '@trustmonitor/evidence';
import { nodeVerifier } from '@trustmonitor/evidence/node';
import { incidentFixture } from './fixture/incident.ts';

describe('verifyBundle', () => {
  const { net, bytes, steps } = incidentFixture();

  it.each([
    ['noble', nobleVerifier],
    ['node', nodeVerifier],
  ])('passes a sound bundle, every check named, with %s', (_, verifier) => {
    const report = verifyBundle(bytes, net.root, { verifier });
    expect(report.checks.filter(({ ok }) => !ok)).toEqual([]);
    expect(report.checks.map(({ code }) => code)).toEqual(Object.keys(CHECKS));
    expect(report).toMatchObject({ passed: true, malformed: false });
    expect(report.statement?.predicate.step).toBe(steps.at(-1)!.predicate.step);
  });
});
