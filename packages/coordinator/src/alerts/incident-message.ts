/** What people are told of an incident; a webhook sends it as it is. */
import type { FailureClass, Timestamp, Uuid7, Verdict } from '@trustmonitor/protocol';
import type { Dissent } from '../insight.ts';

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
  /** The class of that failure; null where no region says why. */
  readonly failureClass: FailureClass | null;
  /** Regions that do not say down, and what they saw. */
  readonly dissent: readonly Dissent[];
  /** What is not as it was when these regions last saw it up, in words. */
  readonly changes: readonly string[];
  readonly links: {
    readonly incident: string;
    readonly evidence: string;
    /** Of the system, for a monitor that has none of its own. */
    readonly runbook: string;
    /** Null without TM_DASHBOARD_URL_TEMPLATE. */
    readonly dashboard: string | null;
  };
  /** Of the round that decided: what its HTTP probes sent as W3C trace id. */
  readonly trace: { readonly id: string; readonly url: string | null } | null;
  /** A command that checks the evidence offline. */
  readonly verify: string;
}
