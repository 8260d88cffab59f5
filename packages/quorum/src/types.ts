/**
 * The engine's contract: what goes in (events), what is kept (state), what comes out (effects).
 *
 * Everything here is plain data that survives `JSON.parse(JSON.stringify(x))` unchanged. All
 * times are milliseconds since the epoch by the coordinator's clock.
 */
import type { DecisionPolicy, Member, Uuid7, Verdict, Vote } from '@trustmonitor/protocol';

/** What the engine needs to know of a monitor's revision. */
export interface EngineConfig {
  readonly policy: DecisionPolicy;
  /** `rotate`: steady `up` asks one region per round. `all`: every round asks every region. */
  readonly mode: 'rotate' | 'all';
  /** How long a job may take, all retries included. */
  readonly jobMs: number;
  /** Allowance for transport, after `jobMs`. */
  readonly settleMs: number;
  /** How long a round whose verdict stands still takes the votes that are under way. */
  readonly lingerMs: number;
}

/** A region's vote that was counted: the first final one of its region in the round. */
export interface CountedVote {
  readonly agent: string;
  readonly region: string;
  readonly vote: Vote;
  /** `up`, but slower than the monitor calls healthy. */
  readonly slow: boolean;
}

/** `primary`: one region was asked. `verify`: all members were. */
export type Phase = 'primary' | 'verify';

/** The round being decided. */
export interface OpenRound {
  readonly id: Uuid7;
  readonly openedAt: number;
  /** Fixed when the round opens, in order of region; those who stay silent are members too. */
  readonly members: readonly Member[];
  /** k; larger than the number of groups when the quorum cannot be reached. */
  readonly required: number;
  readonly phase: Phase;
  /** Regions that are in quarantine or drained: members that nobody asks, so that they abstain. */
  readonly unasked: readonly string[];
  /** Regions that were sent a job. */
  readonly asked: readonly string[];
  /** In the order in which they were counted. */
  readonly votes: readonly CountedVote[];
  /** When the silent regions are sent their job once more; null when done or not to be done. */
  readonly resendAt: number | null;
  /** The last instant at which a vote of this phase counts. */
  readonly deadlineAt: number;
}

/** A round that was decided, complete enough to be decided again. */
export interface ClosedRound {
  readonly id: Uuid7;
  readonly openedAt: number;
  readonly closedAt: number;
  readonly verdict: Verdict;
  readonly required: number;
  readonly members: readonly Member[];
  readonly votes: readonly CountedVote[];
  /** How far the round went. `primary`: one region's `up` was enough. */
  readonly phase: Phase;
}

/** What a monitor can be settled at; `degraded` and `unknown` are seen on top of it. */
export type Standing = 'up' | 'partial' | 'down';

/** Consecutive decided rounds that all point the same way, away from what stands. */
export interface Streak {
  /** The latest round's verdict: what would be settled next. */
  readonly towards: Standing;
  /** Oldest first. Bounded: see `streak.ts`. */
  readonly rounds: readonly ClosedRound[];
  /** When the first round that agrees with `towards` closed. */
  readonly firstAt: number;
}

export interface OpenIncident {
  /** The id of the round that confirmed it. */
  readonly id: Uuid7;
  /** What it is now; an `update` changes it. */
  readonly kind: 'down' | 'partial';
  readonly openedAt: number;
}

/** Failures that came and went without being confirmed: see `grey.ts`. */
export interface Grey {
  readonly score: number;
  readonly on: boolean;
}

/** An episode of rounds that could not be decided. */
export interface UnknownEpisode {
  /** When its first round opened. */
  readonly since: number;
  readonly rounds: number;
  /** Whether `monitoring.unknown` was emitted. */
  readonly alerted: boolean;
}

/** All that is known of one monitor: persisted as JSON after each step and loaded again. */
export interface MonitorState {
  readonly revision: number;
  readonly config: EngineConfig;
  /** The latest time seen: an event from before it is taken to happen at it. */
  readonly clock: number;
  /** What people see; null before anything was settled. */
  readonly verdict: Verdict | null;
  /** What was confirmed last, whatever is seen on top of it; null before the first time. */
  readonly standing: Standing | null;
  readonly round: OpenRound | null;
  readonly streak: Streak | null;
  readonly incident: OpenIncident | null;
  /** Groups that failed in every round of the standing `partial`; empty otherwise. */
  readonly upheldBy: readonly string[];
  readonly grey: Grey;
  readonly unknown: UnknownEpisode | null;
  /** Counts rotating rounds; modulo the membership it is the next primary. */
  readonly rotation: number;
  /** Asks for a round sooner than the schedule; null when the schedule will do. */
  readonly wantsRoundAt: number | null;
  /** The latest rounds that are over, newest first: tells a late vote from a foreign one. */
  readonly pastRounds: readonly Uuid7[];
}

export type EngineEvent =
  | {
      readonly type: 'round.due';
      readonly at: number;
      readonly round: Uuid7;
      readonly members: readonly Member[];
      /**
       * Regions that are not to be asked: they stay members, so that k stays. Where the others
       * would be too few for k they are asked all the same.
       */
      readonly quarantined?: readonly string[];
      /** Regions that are drained: they stay members too, and are not asked whoever is left. */
      readonly drained?: readonly string[];
    }
  | {
      /** A region's final vote, verified. `region` comes from the key that signed. */
      readonly type: 'vote';
      readonly at: number;
      readonly round: Uuid7;
      readonly agent: string;
      readonly region: string;
      readonly vote: Vote;
      readonly slow: boolean;
    }
  | {
      /** Votes of one round that arrive together: all are counted before any can decide. */
      readonly type: 'votes';
      readonly at: number;
      readonly round: Uuid7;
      readonly votes: readonly CountedVote[];
    }
  | { readonly type: 'time'; readonly at: number }
  | {
      readonly type: 'revised';
      readonly at: number;
      readonly revision: number;
      readonly config: EngineConfig;
    };

/**
 * `late`: its round is over. `foreign`: no such round is known. `duplicate`: its region has
 * voted. `not_a_member`: its region was not asked in the round.
 */
export type RefusalReason = 'late' | 'foreign' | 'duplicate' | 'not_a_member';

export type IncidentStep = 'open' | 'update' | 'resolve';

export type Effect =
  | {
      /** Send one job to each of `regions`. */
      readonly type: 'ask';
      readonly round: Uuid7;
      readonly phase: Phase;
      readonly regions: readonly string[];
      readonly at: number;
      readonly expiresInMs: number;
    }
  | {
      readonly type: 'vote.counted';
      readonly round: Uuid7;
      readonly agent: string;
      readonly region: string;
      readonly vote: Vote;
      readonly at: number;
    }
  | {
      readonly type: 'vote.refused';
      readonly round: Uuid7;
      readonly agent: string;
      readonly region: string;
      readonly vote: Vote;
      readonly at: number;
      readonly reason: RefusalReason;
    }
  | {
      /** A round fell due while another was open. */
      readonly type: 'round.skipped';
      readonly round: Uuid7;
      readonly open: Uuid7;
      readonly at: number;
    }
  | { readonly type: 'round.closed'; readonly round: ClosedRound }
  | {
      readonly type: 'verdict.changed';
      readonly from: Verdict | null;
      readonly to: Verdict;
      readonly at: number;
      /** The round that settled it. */
      readonly round: Uuid7;
    }
  | {
      readonly type: 'incident';
      readonly step: IncidentStep;
      /** As it is after the step. */
      readonly incident: OpenIncident;
      readonly verdict: Standing;
      /** The agreeing rounds that decided it, oldest first: exactly what a record needs. */
      readonly rounds: readonly ClosedRound[];
      readonly at: number;
    }
  | { readonly type: 'monitoring.unknown'; readonly since: number; readonly at: number }
  | { readonly type: 'monitoring.restored'; readonly at: number };

export interface Stepped {
  readonly state: MonitorState;
  /** In the order in which they came about. */
  readonly effects: readonly Effect[];
}

/** A recorded round, as the verifier has it from signed votes and the record. */
export interface ReplayRound {
  readonly round: Uuid7;
  readonly openedAt: number;
  readonly closedAt: number;
  readonly votes: readonly CountedVote[];
}

/** What a record claims about one incident step. */
export interface ReplayClaim {
  readonly policy: DecisionPolicy;
  readonly members: readonly Member[];
  /** Oldest first: exactly the rounds of the `incident` effect. */
  readonly rounds: readonly ReplayRound[];
  readonly step: IncidentStep;
  /** The verdict the step led to: `up` for `resolve`. */
  readonly verdict: Verdict;
  /** What stood before the step: the incident's kind, or null for `open`. */
  readonly standing: 'down' | 'partial' | null;
}

export interface Replayed {
  /** Whether step and verdict follow from the rounds. */
  readonly follows: boolean;
  /** Why not, in a sentence; null when it follows. */
  readonly reason: string | null;
  /** What each round decides by itself, in the order given. */
  readonly rounds: readonly { readonly round: Uuid7; readonly verdict: Verdict }[];
}
