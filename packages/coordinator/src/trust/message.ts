/** Agents that vote against the quorum -> the one message that people get. */
import { formatTimestamp, type Timestamp } from '@trustmonitor/protocol';
import { runbookUrl } from '../runbooks.ts';
import type { StoredTrust } from '../store/trust.ts';
import { agreementOf, doubtfulMonitors } from './score.ts';

/** Agents whose votes are in doubt: they still count, and k of n is what holds against them. */
export interface FlagMessage {
  readonly type: 'monitoring.agents_flagged';
  readonly at: Timestamp;
  readonly summary: string;
  readonly agents: readonly {
    readonly agent: string;
    /** Share of its recent votes that agreed with the quorum. */
    readonly agreement: number | null;
    /** Where it votes against the quorum, worst first; none when it forged batches. */
    readonly monitors: readonly string[];
  }[];
  readonly links: { readonly agents: string; readonly runbook: string };
}

export function flagMessageOf(
  flagged: readonly StoredTrust[],
  nowMs: number,
  apiUrl: string,
): FlagMessage {
  const names = flagged.map(({ agent }) => agent).join(', ');
  return {
    type: 'monitoring.agents_flagged',
    at: formatTimestamp(nowMs),
    summary:
      `Look at ${names}: what they report is not what the quorum sees. ` +
      'Broken, lying, or a target that is down for them alone',
    agents: flagged.map(({ agent, score }) => ({
      agent,
      agreement: agreementOf(score),
      monitors: doubtfulMonitors(score),
    })),
    links: {
      agents: `${apiUrl}/v1/agents`,
      runbook: runbookUrl(apiUrl, 'monitoring.agents_flagged'),
    },
  };
}
