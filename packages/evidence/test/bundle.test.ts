import { describe, expect, it } from 'vitest';
import { CHECKS, nobleVerifier, verifyBundle } from '@trustmonitor/evidence';
import { nodeVerifier } from '@trustmonitor/evidence/node';
import { incidentFixture } from './fixture/incident.ts';
import { AGENTS, REPORT, T0, at, network, ringKey, signerOf } from './fixture/network.ts';

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

  it.each([
    ['before its report key was rotated', 3_600_000, null],
    ['after it, by the key of before', 60_000, 'record.signature'],
  ])('says of an incident that was signed %s what is so', (_, endsAfterMs, failure) => {
    const old = ringKey(REPORT, 'coordinator-report');
    const rotated = network({
      keys: [
        { ...old, validFor: { ...old.validFor, end: at(T0 + endsAfterMs) } },
        ringKey(signerOf('report of tomorrow'), 'coordinator-report'),
        ...AGENTS.map((agent) => ringKey(agent.signer, 'agent-vote', agent)),
      ],
    });
    const report = verifyBundle(incidentFixture(rotated).bytes, rotated.root, {
      verifier: nodeVerifier,
    });
    expect(report.checks.find(({ ok }) => !ok)?.code ?? null).toBe(failure);
  });
});
