/** Maintenance in an uptime report: what it takes out, and what a verifier makes of lies about it. */
import { describe, expect, it } from 'vitest';
import type {
  Bundle,
  MaintenanceEvidence,
  MaintenancePredicate,
  UptimeMaintenance,
  UptimePredicate,
} from '@trustmonitor/protocol';
import { decodeUtf8, signMaintenance, verifyReport, type Span } from '@trustmonitor/evidence';
import { nodeVerifier } from '@trustmonitor/evidence/node';
import { bundleOf, incidentFixture, story } from './fixture/incident.ts';
import { logRecord, loggedNetwork } from './fixture/log.ts';
import { REPORT, T0, at, signerOf } from './fixture/network.ts';
import { PERIOD, maintenancePlan, reportFile, uptimePredicate } from './fixture/uptime.ts';

const { net, bytes: bundle } = incidentFixture();
const parsed = JSON.parse(decodeUtf8(bundle)) as Bundle;

/** Half of the incident, which is down from 10.4 s to 70.4 s, and time before it. */
const WINDOW = { fromMs: T0 - 49_600, toMs: T0 + 40_400 };

interface Story {
  readonly plan?: Partial<MaintenancePredicate>;
  readonly end?: Partial<MaintenancePredicate>;
  readonly claim?: Partial<UptimeMaintenance>;
  readonly predicate?: (p: UptimePredicate) => UptimePredicate;
  readonly proofs?: (proofs: MaintenanceEvidence[]) => MaintenanceEvidence[];
  readonly signer?: typeof REPORT;
  /** What the report takes out, in place of what it should. */
  readonly excluded?: readonly Span[];
}

function reported(told: Story = {}, network = net, proof: LogProof = () => null) {
  const plan = maintenancePlan(network, WINDOW, told.plan);
  const signed = signMaintenance(plan, told.signer ?? REPORT);
  const end =
    told.end === undefined
      ? null
      : signMaintenance({ ...plan, step: 'end', previous: signed.digest, ...told.end }, REPORT);
  const claim: UptimeMaintenance = {
    window: plan.window,
    occurrence: plan.occurrence,
    startsAt: plan.startsAt,
    endsAt: told.end?.endsAt ?? plan.endsAt,
    uptime: plan.uptime,
    excludedFrom: plan.uptime === 'excluded' ? plan.startsAt : null,
    statements: [signed.digest, ...(end === null ? [] : [end.digest])],
    ...told.claim,
  };
  const { excludedFrom } = claim;
  const excluded =
    told.excluded ??
    (excludedFrom === null
      ? []
      : [{ fromMs: Date.parse(excludedFrom), toMs: Date.parse(claim.endsAt) }]);
  const logged = ({ envelope }: typeof signed) => ({ envelope, tlogProof: proof(envelope) });
  const proofs = [{ plan: logged(signed), end: end === null ? null : logged(end) }];
  const own = { ...uptimePredicate(network, [parsed], PERIOD, excluded), maintenance: [claim] };
  const file = reportFile(
    network,
    [network === net ? bundle : loggedBundle(network)],
    () => ({ ...(told.predicate ?? ((p) => p))(own), keyring: ringOf(network) }),
    (report) => proof(report),
    (told.proofs ?? ((same) => same))(proofs),
  );
  return verifyReport(file, network.root, { verifier: nodeVerifier });
}

type LogProof = (envelope: Parameters<typeof logRecord>[0]) => string | null;
const ringOf = ({ ring }: typeof net) => ({ version: ring.version, digest: ring.digest });
const faultOf = (report: ReturnType<typeof reported>) => {
  const { code, detail } = report.checks.find(({ ok }) => !ok) ?? { code: null, detail: '' };
  return [code, detail] as const;
};

function loggedBundle(network: typeof net): Uint8Array {
  const times = [310, 311, 312].map((after) => T0 / 1_000 + after);
  return bundleOf(network, story(network), {
    prove: (record, behind) => logRecord(record, times, behind),
    seenNotes: [],
  });
}

describe('maintenance that was announced', () => {
  it('is taken out of the figure, incident and all', () => {
    const report = reported();
    expect(faultOf(report)).toEqual([null, '']);
    const { time, figure } = report.statement!.predicate;
    expect(time).toMatchObject({ maintenanceMs: 90_000, downMs: 30_000, unknownMs: 60_000 });
    expect(figure).toMatchObject({ countedMs: 600_000 - 90_000 - 60_000 - 10_000, downMs: 30_000 });
  });

  it('changes nothing where it was announced as counted', () => {
    const report = reported({ plan: { uptime: 'counted' } });
    expect(faultOf(report)).toEqual([null, '']);
    expect(report.statement!.predicate.time).toMatchObject({ maintenanceMs: 0, downMs: 60_000 });
  });

  it('takes out less where it was ended early, or announced late', () => {
    const ended = reported({ end: { endsAt: at(T0 + 20_400), recordedAt: at(T0 + 20_400) } });
    expect(faultOf(ended)).toEqual([null, '']);
    expect(ended.statement!.predicate.time).toMatchObject({
      maintenanceMs: 70_000,
      downMs: 50_000,
    });
    const late = { plan: { recordedAt: at(T0) }, claim: { excludedFrom: at(T0) } };
    expect(reported(late).statement?.predicate.time.maintenanceMs).toBe(40_400);
  });
});

describe('a report that takes out what it may not', () => {
  const early = { excludedFrom: at(T0 - 100_000) };
  it.each<[string, Story, string, string]>([
    ['before it began', { claim: early }, 'report.maintenance', 'before it began'],
    [
      'before it was announced',
      { plan: { recordedAt: at(T0) } },
      'report.maintenance',
      'announced',
    ],
    [
      'of other monitors',
      { plan: { monitors: ['cart'] } },
      'report.maintenance',
      'not announced for',
    ],
    [
      'that counts',
      { plan: { uptime: 'counted' }, claim: { excludedFrom: at(T0) } },
      'report.maintenance',
      'counts',
    ],
    [
      'as another effect',
      { plan: { uptime: 'counted' }, claim: { uptime: 'excluded', excludedFrom: at(T0) } },
      'report.maintenance',
      'announced as counted',
    ],
    ['for longer', { claim: { endsAt: at(T0 + 70_400) } }, 'report.maintenance', 'is not when'],
    ['of another network', { plan: { network: 'rival' } }, 'report.maintenance', 'another network'],
    ['under another name', { claim: { window: 'other' } }, 'report.maintenance', 'another window'],
    ['without its plan', { proofs: () => [] }, 'report.maintenance', 'the file proves 0'],
    [
      'without its end',
      { end: { endsAt: at(T0 + 400) }, proofs: ([one]) => [{ ...one!, end: null }] },
      'report.maintenance',
      'other statements',
    ],
    [
      'by an end that prolongs',
      { end: { endsAt: at(T0 + 70_400) } },
      'report.maintenance',
      'is not when',
    ],
    [
      'by an end of nothing',
      { end: { endsAt: at(T0 + 400), previous: '00'.repeat(32) } },
      'report.maintenance',
      'is not when',
    ],
    ['signed by a stranger', { signer: signerOf('x') }, 'report.maintenance', 'key'],
    [
      'outside of the period',
      { plan: { startsAt: at(T0 + 400_000), endsAt: at(T0 + 500_000) } },
      'report.maintenance',
      'outside',
    ],
    [
      'twice',
      {
        predicate: (p) => ({ ...p, maintenance: [...p.maintenance, ...p.maintenance] }),
        proofs: ([one]) => [one!, one!],
      },
      'report.maintenance',
      'twice',
    ],
    [
      'more than was announced',
      { excluded: [{ fromMs: T0 - 60_000, toMs: T0 + 70_400 }] },
      'report.figure',
      '',
    ],
    [
      'by the old rules',
      { predicate: (p) => ({ ...p, policy: { ...p.policy, excluded: 'unknown-and-unmeasured' } }) },
      'report.figure',
      'policy',
    ],
    [
      'a log proof that nobody can check',
      { proofs: ([one]) => [{ ...one!, plan: { ...one!.plan, tlogProof: 'x' } }] },
      'report.maintenance',
      'log proof',
    ],
  ])('%s: refused', (_, told, code, detail) => {
    const [failed, why] = faultOf(reported(told));
    expect([failed, why]).toEqual([code, expect.stringContaining(detail)]);
  });
});

describe('maintenance in the log', () => {
  const logged = loggedNetwork();
  const report = at(T0 + 301_000);
  /** The report is cosigned after it was made; announcements at `planS` seconds after T0. */
  const proofs =
    (planS: number): LogProof =>
    (envelope) => {
      const isReport = atob(envelope.payload).includes('predicates/uptime');
      const after = isReport ? 310 : planS;
      return logRecord(
        envelope,
        [after, after + 1, after + 2].map((s) => T0 / 1_000 + s),
      ).proof;
    };

  it('is proven to have been there before it began', () => {
    const told = reported({ predicate: (p) => withBundle(p) }, logged, proofs(-3_590));
    expect(faultOf(told)).toEqual([null, '']);
    expect(told.checks.find(({ code }) => code === 'report.maintenance')?.detail).toBe(
      '1 window announced, 1 of them taken out',
    );
  });

  it('is refused where witnesses saw it only afterwards, whatever it says of itself', () => {
    const told = reported({ predicate: (p) => withBundle(p) }, logged, proofs(200));
    expect(faultOf(told)).toEqual([
      'report.maintenance',
      expect.stringContaining('witnesses saw it announced at'),
    ]);
  });

  it('is refused without its proof, and with one that is older than it', () => {
    const told = { predicate: (p: UptimePredicate) => withBundle(p) };
    const none = reported(
      { ...told, proofs: ([one]) => [{ ...one!, plan: { ...one!.plan, tlogProof: null } }] },
      logged,
      proofs(-3_590),
    );
    expect(faultOf(none)[1]).toContain('no proof');
    expect(faultOf(reported(told, logged, proofs(-9_000)))[1]).toContain('but witnesses saw it');
  });

  /** The records of the bundle that this network has signed. */
  function withBundle(p: UptimePredicate): UptimePredicate {
    const own = JSON.parse(decodeUtf8(loggedBundle(logged))) as Bundle;
    const { incidents } = uptimePredicate(logged, [own], PERIOD, [WINDOW]);
    return { ...p, incidents, recordedAt: report };
  }
});
