/** The stages of the gate, as an operator writes them. */
import { readFileSync } from 'node:fs';
import { DEFAULT_STAGES } from '@trustmonitor/alerting';
import {
  Count,
  GateStage,
  Nullable,
  Strict,
  TrustMonitorError,
  isTrustMonitorError,
  parserOf,
  type GateThresholds,
} from '@trustmonitor/protocol';
import Type, { type Static } from 'typebox';

/** What is left out is as for production. */
const WrittenStage = Strict({
  maxOpenIncidents: Type.Optional(Count),
  /** Per cent of the budget; below 0 more may be overspent. */
  minBudgetLeftPercent: Type.Optional(Type.Number({ minimum: -1e6, maximum: 100 })),
  maxBurnRate: Type.Optional(Type.Number({ minimum: 0, maximum: 1e6 })),
  /** Null: latency is not asked about. */
  maxP99Ms: Type.Optional(Nullable(Type.Number({ minimum: 0, maximum: 1e9 }))),
});
const StagesFile = Strict({
  stages: Type.Record(GateStage, WrittenStage, {
    minProperties: 1,
    maxProperties: 32,
    additionalProperties: false,
  }),
});
const parser = parserOf(StagesFile, 'config.invalid');

const PPM_PER_PERCENT = 10_000;

/** Throws `config.invalid` with the file and the field. */
export function readStages(path: string | undefined): Readonly<Record<string, GateThresholds>> {
  if (path === undefined) return DEFAULT_STAGES;
  const { stages } = parse(path);
  return Object.fromEntries(
    Object.entries(stages).map(([name, written]) => [name, thresholdsOf(written)]),
  );
}

function parse(path: string): Static<typeof StagesFile> {
  try {
    return parser.parseJson(readFileSync(path, 'utf8'), path);
  } catch (cause) {
    const why = isTrustMonitorError(cause) ? cause.message : `${path} cannot be read`;
    throw new TrustMonitorError('config.invalid', `TM_GATE_FILE: ${why}`, {
      where: 'TM_GATE_FILE',
      hint: 'See docs/gate.md for an example.',
      cause,
    });
  }
}

function thresholdsOf(written: Static<typeof WrittenStage>): GateThresholds {
  const fallback = DEFAULT_STAGES['production'];
  if (fallback === undefined) throw new TrustMonitorError('internal', 'there is no default stage');
  const { maxOpenIncidents, minBudgetLeftPercent: left, maxBurnRate, maxP99Ms } = written;
  return {
    maxOpenIncidents: maxOpenIncidents ?? fallback.maxOpenIncidents,
    minBudgetLeftPpm:
      left === undefined ? fallback.minBudgetLeftPpm : Math.round(left * PPM_PER_PERCENT),
    maxBurnRateMilli:
      maxBurnRate === undefined ? fallback.maxBurnRateMilli : Math.round(maxBurnRate * 1_000),
    maxP99Us: thresholdUs(maxP99Ms, fallback.maxP99Us),
  };
}

function thresholdUs(ms: number | null | undefined, fallback: number | null): number | null {
  if (ms === undefined) return fallback;
  return ms === null ? null : Math.round(ms * 1_000);
}
