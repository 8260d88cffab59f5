/** What is asked at each stage, where the settings do not say otherwise. */
import type { GateThresholds } from '@trustmonitor/protocol';

export const DEFAULT_STAGE = 'production';

/**
 * A canary meets few users, so it sees little: the same fault shows smaller there, and less may
 * pass. The burn rates are those of the SRE workbook (chapter 5): at 6 the budget of 30 days is
 * spent in five, which pages; at 1 it lasts exactly, and a canary may take twice that.
 */
export const DEFAULT_STAGES: Readonly<Record<string, GateThresholds>> = {
  canary: {
    maxOpenIncidents: 0,
    minBudgetLeftPpm: 100_000,
    maxBurnRateMilli: 2_000,
    maxP99Us: 1_000_000,
  },
  production: {
    maxOpenIncidents: 0,
    minBudgetLeftPpm: 0,
    maxBurnRateMilli: 6_000,
    maxP99Us: 2_000_000,
  },
};
