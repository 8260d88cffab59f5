/**
 * The gate: collects the facts, asks the policy, and writes down what was decided before anybody is
 * told. A decision that cannot be signed, stored and logged is not given.
 */
import { signGate, type Signer } from '@trustmonitor/evidence';
import {
  TrustMonitorError,
  formatTimestamp,
  makeUuid7,
  type GateInput,
  type GatePredicate,
  type GateThresholds,
} from '@trustmonitor/protocol';
import { DEFAULT_STAGE } from '@trustmonitor/alerting';
import { randomBytes } from 'node:crypto';
import type { Clock } from '../clock.ts';
import { RingSuperseded } from '../keyrings.ts';
import { appendToLog } from '../log/append.ts';
import type { RingReference } from '../record.ts';
import { insertAudit, type Actor } from '../store/audit.ts';
import type { Database, Queryable } from '../store/database.ts';
import { insertDecision, type StoredDecision } from '../store/gate.ts';
import { selectNewestVersion } from '../store/keyrings.ts';
import { collectFacts, type GateQuestion } from './facts.ts';
import type { Fleet } from './objectives.ts';
import type { OpaSettings } from './opa.ts';
import { judgeFacts } from './policy.ts';
import type { GateStats } from './stats.ts';

export interface GateSettings {
  /** What is asked at each stage. */
  readonly stages: Readonly<Record<string, GateThresholds>>;
  /** Null: the built-in rules decide. */
  readonly opa: OpaSettings | null;
}

export interface GateParts {
  readonly database: Database;
  readonly keyRings: {
    readonly current: { readonly ring: RingReference };
    refresh(database: Queryable): Promise<boolean>;
  };
  readonly signer: Signer;
  readonly clock: Clock;
  readonly network: string;
  readonly isLogged: boolean;
  readonly gate: GateSettings;
  readonly fleet: Fleet;
  readonly stats: GateStats;
}

/** Throws `input.invalid` for a stage that the settings do not name. */
export async function askGate(
  input: GateInput,
  actor: Actor,
  parts: GateParts,
): Promise<StoredDecision> {
  const { stages, opa } = parts.gate;
  const question = questionOf(input);
  const thresholds = thresholdsOf(question.stage, stages);
  const facts = await collectFacts(question, parts.clock(), parts);
  const { judgement, fault } = await judgeFacts(facts, thresholds, opa);
  const decision = await writeDecision({ facts, thresholds, ...judgement }, actor, parts);
  parts.stats.count(decision.outcome, fault);
  return decision;
}

const questionOf = ({ service, stage, version }: GateInput): GateQuestion => ({
  ...{ service, stage: stage ?? DEFAULT_STAGE, version: version ?? null },
});

/** A stage with a typing error must not be judged as another one. */
function thresholdsOf(stage: string, stages: GateSettings['stages']): GateThresholds {
  const thresholds = Object.hasOwn(stages, stage) ? stages[stage] : undefined;
  if (thresholds !== undefined) return thresholds;
  throw new TrustMonitorError('input.invalid', `there is no stage ${stage}`, {
    where: '/stage',
    hint: `There are ${Object.keys(stages).join(', ')}; TM_GATE_FILE names them.`,
  });
}

type Decided = Pick<
  GatePredicate,
  'facts' | 'thresholds' | 'policy' | 'outcome' | 'reasons' | 'rules'
>;

async function writeDecision(
  decided: Decided,
  actor: Actor,
  parts: GateParts,
): Promise<StoredDecision> {
  const { database, keyRings } = parts;
  for (;;) {
    try {
      return await database.transaction((tx) => write(tx, decided, actor, parts));
    } catch (error) {
      if (!(error instanceof RingSuperseded)) throw error;
      await keyRings.refresh(database);
    }
  }
}

async function write(
  tx: Queryable,
  decided: Decided,
  actor: Actor,
  { clock, network, keyRings, signer, isLogged }: GateParts,
): Promise<StoredDecision> {
  const { facts, outcome, reasons, policy } = decided;
  const nowMs = clock();
  const id = makeUuid7(nowMs, randomBytes(10));
  const { ring } = keyRings.current;
  const { envelope, digest } = signGate(
    {
      network,
      decision: id,
      recordedAt: formatTimestamp(nowMs),
      keyring: { version: ring.version, digest: ring.digest },
      ...decided,
    },
    signer,
  );
  const { service, stage } = facts;
  const decidedAt = new Date(nowMs);
  const decision = { id, digest, service, stage, outcome, decidedAt, envelope };
  await insertDecision(tx, decision);
  await insertAudit(tx, {
    actor,
    action: 'gate.decided',
    subject: service,
    detail: { decision: id, stage, outcome, reasons, policy: policy.kind },
    after: digest,
  });
  if (isLogged) {
    const publicKeys = [signer.publicKey];
    await appendToLog(tx, [{ kind: 'decision', digest, envelope, publicKeys }]);
  }
  // Asked while the log is locked: see `commit.ts`.
  if ((await selectNewestVersion(tx)) > ring.version) throw new RingSuperseded();
  return decision;
}
