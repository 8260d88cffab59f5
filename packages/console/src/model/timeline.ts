/**
 * What happened in an incident, in order, each with the time since the first failed vote: votes,
 * decisions, the signed record, the log and its witnesses, and who was told.
 */
import type { IncidentDetail, RoundDetail, TimelineEntry, Verdict } from '@trustmonitor/protocol';
import type { ReadRecord } from './statement.ts';
import { plural, shortDigest } from './words.ts';

export type EventKind =
  'failed' | 'round' | 'record' | 'witnessed' | 'told' | 'waiting' | 'said' | 'resolved';

export interface TimelineEvent {
  readonly at: string;
  /** Since the first failed vote, ms; null where no vote is kept. */
  readonly afterMs: number | null;
  readonly kind: EventKind;
  readonly tone: Verdict | null;
  readonly title: string;
  readonly detail: string;
}

export interface TimelineParts {
  readonly incident: IncidentDetail;
  readonly records: readonly ReadRecord[];
  /** Those that the records name and the first that failed, as far as they are kept. */
  readonly rounds: readonly RoundDetail[];
}

type Bare = Omit<TimelineEvent, 'afterMs'>;

export function timelineOf(parts: TimelineParts): TimelineEvent[] {
  const first = firstFailure(parts.rounds);
  const events: Bare[] = [
    ...(first === null ? [] : [first]),
    ...roundEvents(parts.records),
    ...parts.records.map(recordEvent),
    ...parts.records.flatMap(witnessEvent),
    ...parts.incident.timeline.flatMap(told),
  ];
  const zero = first === null ? null : Date.parse(first.at);
  return events
    .map((event) => ({ ...event, afterMs: zero === null ? null : Date.parse(event.at) - zero }))
    .toSorted((a, b) => a.at.localeCompare(b.at) || rank(a.kind) - rank(b.kind));
}

/** What follows from what, where the times are the same. */
const ORDER: readonly EventKind[] = [
  'failed',
  'round',
  'record',
  'resolved',
  'told',
  'waiting',
  'witnessed',
  'said',
];
const rank = (kind: EventKind): number => ORDER.indexOf(kind);

/** By the coordinator's clock: when the first result that says `down` arrived. */
function firstFailure(rounds: readonly RoundDetail[]): Bare | null {
  const failures = rounds
    .flatMap(({ results }) => results)
    .filter(({ result, counted }) => counted && result.outcome === 'down')
    .toSorted((a, b) => a.receivedAt.localeCompare(b.receivedAt));
  const [first] = failures;
  if (first === undefined) return null;
  const { result, receivedAt } = first;
  return {
    at: receivedAt,
    kind: 'failed',
    tone: 'down',
    title: `${result.region} votes down first`,
    detail: result.failure?.detail ?? '',
  };
}

function roundEvents(records: readonly ReadRecord[]): Bare[] {
  const seen = new Set<string>();
  return records.flatMap(({ predicate }) =>
    predicate.rounds.flatMap((round): Bare[] => {
      if (seen.has(round.round)) return [];
      seen.add(round.round);
      const votes = predicate.votes.filter((vote) => vote.round === round.round);
      const said = (vote: string): string[] =>
        votes.filter((one) => one.vote === vote).map(({ region }) => region);
      const [down, up, abstain] = [said('down'), said('up'), said('abstain')];
      const parts = [
        down.length > 0 ? `down: ${down.join(', ')}` : '',
        up.length > 0 ? `up: ${up.join(', ')}` : '',
        abstain.length > 0 ? `no vote: ${abstain.join(', ')}` : '',
      ];
      return [
        {
          at: round.closedAt,
          kind: 'round',
          tone: round.verdict,
          title: `A round decides ${round.verdict}`,
          detail: `${parts.filter(Boolean).join('; ')} · quorum ${predicate.policy.quorum} of ${plural(predicate.members.length, 'region')}`,
        },
      ];
    }),
  );
}

const RECORD_TITLES: Readonly<Record<ReadRecord['step'], string>> = {
  open: 'Incident opened, record signed',
  update: 'Verdict changed, record signed',
  resolve: 'Recovered, record signed',
  amend: 'Resolved by hand, record signed',
};

function recordEvent({ step, recordedAt, digest, predicate }: ReadRecord): Bare {
  const isEnd = step === 'resolve' || step === 'amend';
  return {
    at: recordedAt,
    kind: isEnd ? 'resolved' : 'record',
    tone: isEnd ? 'up' : predicate.verdict,
    title: RECORD_TITLES[step],
    detail:
      predicate.amendment === undefined
        ? `confirmed by ${plural(predicate.rounds.length, 'round')} · sha256 ${shortDigest(digest)}`
        : predicate.amendment.reason,
  };
}

const LOGGED: Readonly<Record<ReadRecord['step'], string>> = {
  open: 'Opening',
  update: 'Change of verdict',
  resolve: 'Recovery',
  amend: 'Resolution by hand',
};

/** Where witnesses' whole seconds are all that is known, it may seem to come before its record. */
function witnessEvent({ step, recordedAt, log }: ReadRecord): Bare[] {
  if (log === null) return [];
  const { index, size, cosignedAt, witnesses } = log;
  const names = witnesses.map((witness) => witness.split('/').at(-1) ?? witness);
  return [
    {
      at: new Date(Math.max(Date.parse(cosignedAt), Date.parse(recordedAt))).toISOString(),
      kind: 'witnessed',
      tone: null,
      title: `${LOGGED[step]} logged at ${index}, cosigned by ${plural(names.length, 'witness', 'witnesses')}`,
      detail: `tree of ${size} · ${names.join(', ')}`,
    },
  ];
}

function saidWords({
  type,
  actor,
  public: isPublic,
}: Extract<TimelineEntry, { readonly actor: string }>): string {
  if (type === 'acknowledged') return `Acknowledged by ${actor}`;
  return isPublic ? `Published by ${actor}` : `Note by ${actor}`;
}

function told(entry: TimelineEntry): Bare[] {
  switch (entry.type) {
    case 'recorded':
      // Told of from the record itself, which says more.
      return [];
    case 'acknowledged':
    case 'noted':
      return [
        {
          at: entry.at,
          kind: 'said',
          tone: null,
          title: saidWords(entry),
          detail: entry.note ?? '',
        },
      ];
    case 'notified': {
      const { at, channel, message, state, attempts, lastError } = entry;
      const words = { delivered: 'told', pending: 'not told yet', given_up: 'could not be told' };
      const tries = attempts > 1 ? `${attempts} attempts` : '';
      return [
        {
          at,
          kind: state === 'delivered' ? 'told' : 'waiting',
          tone: state === 'given_up' ? 'down' : null,
          title: `${channel} ${words[state]}: ${message}`,
          detail: [tries, state === 'delivered' ? '' : (lastError ?? '')]
            .filter(Boolean)
            .join(' · '),
        },
      ];
    }
  }
}

/** The seconds that matter, from the first failed vote on; null where it has not come to that. */
export interface Milestones {
  readonly decidedMs: number | null;
  readonly recordedMs: number | null;
  /** When witnesses had cosigned a head of the log over the opening. */
  readonly witnessedMs: number | null;
  readonly toldMs: number | null;
  readonly resolvedMs: number | null;
}

export function milestonesOf(events: readonly TimelineEvent[]): Milestones {
  const first = (is: (event: TimelineEvent) => boolean): number | null =>
    events.find(is)?.afterMs ?? null;
  return {
    decidedMs: first(
      ({ kind, tone }) => kind === 'round' && (tone === 'down' || tone === 'partial'),
    ),
    recordedMs: first(({ kind }) => kind === 'record'),
    witnessedMs: first(({ kind }) => kind === 'witnessed'),
    toldMs: first(({ kind }) => kind === 'told'),
    resolvedMs: first(({ kind }) => kind === 'resolved'),
  };
}
