/** What people are told of an incident; a webhook sends it as it is. */
import type { Timestamp, Uuid7, Verdict } from '@trustmonitor/protocol';

export interface IncidentMessage {
  readonly type:
    | 'incident.opened'
    | 'incident.updated'
    | 'incident.resolved'
    /** Not acknowledged in time, so that others hear of it. */
    | 'incident.escalated'
    | 'incident.reminder'
    | 'incident.acknowledged';
  readonly at: Timestamp;
  readonly incident: Uuid7;
  readonly monitor: { readonly id: string; readonly name: string; readonly target: string };
  readonly verdict: Verdict;
  /** One sentence: what happened and who agrees. */
  readonly summary: string;
  /** Failure in words, from the regions that saw it. */
  readonly reason: string;
  readonly since: Timestamp;
  readonly regionsDown: readonly string[];
  readonly regions: readonly string[];
  readonly runbook: string | null;
  readonly links: { readonly incident: string; readonly evidence: string };
  /** Of the round that decided: what its HTTP probes sent as W3C trace id. */
  readonly trace: { readonly id: string; readonly url: string | null } | null;
  /** A command that checks the evidence offline. */
  readonly verify: string;
}
