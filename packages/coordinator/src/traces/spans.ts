/** A round that is over -> its spans. */
import { traceIdOf, type Vote } from '@trustmonitor/protocol';
import { jobSpanId, roundSpanId, spanIdOf, type Span, type SpanEvent } from '@trustmonitor/tracing';
import type { About, ClosedRoundEffect, Decisions } from '../decide.ts';

/** What is known of a round while it is open, by region. */
export interface RoundTrace {
  readonly asked: Map<string, { readonly atMs: number; readonly phase: string }>;
  readonly votes: Map<
    string,
    { readonly atMs: number; readonly vote: Vote; readonly agent: string }
  >;
}

export function spansOfRound(
  { watched, effect: { round } }: About<ClosedRoundEffect>,
  trace: RoundTrace,
  decisions: Decisions,
  committedAtMs: number,
): Span[] {
  const traceId = traceIdOf(round.id);
  const spanId = roundSpanId(round.id);
  // A clock that was set back must not turn a span around.
  const endMs = Math.max(committedAtMs, round.closedAt);
  const common = { traceId, events: [], error: null };
  const root: Span = {
    ...common,
    spanId,
    parentSpanId: null,
    name: 'round',
    kind: 'internal',
    startMs: round.openedAt,
    endMs,
    attributes: {
      'trustmonitor.monitor': watched.definition.id,
      'trustmonitor.revision': watched.revision,
      'trustmonitor.round': round.id,
      'trustmonitor.phase': round.phase,
      'trustmonitor.verdict': round.verdict,
      'trustmonitor.required': round.required,
      'trustmonitor.members': round.members.length,
    },
  };
  const jobs = [...trace.asked].map(([region, { atMs, phase }]): Span => {
    const vote = trace.votes.get(region);
    return {
      ...common,
      spanId: jobSpanId(round.id, region),
      parentSpanId: spanId,
      name: 'job',
      kind: 'producer',
      startMs: atMs,
      endMs: Math.max(atMs, vote?.atMs ?? round.closedAt),
      attributes: {
        'trustmonitor.region': region,
        'trustmonitor.phase': phase,
        // A round closes as soon as no vote that is missing could change it.
        'trustmonitor.vote': vote?.vote ?? 'none',
        ...(vote === undefined ? {} : { 'trustmonitor.agent': vote.agent }),
      },
    };
  });
  const decide: Span = {
    ...common,
    spanId: spanIdOf('decide', round.id),
    parentSpanId: spanId,
    name: 'decide',
    kind: 'internal',
    startMs: round.closedAt,
    endMs,
    attributes: { 'trustmonitor.verdict': round.verdict },
    events: eventsOf(round.id, decisions),
  };
  return [root, ...jobs, decide];
}

/** What people see of it. */
function eventsOf(round: string, { verdicts, incidents }: Decisions): SpanEvent[] {
  const changed = verdicts.filter(({ effect }) => effect.round === round);
  const steps = incidents.filter(({ effect }) => effect.rounds.at(-1)?.id === round);
  return [
    ...changed.map(({ effect: { at, from, to } }) => ({
      name: 'verdict changed',
      atMs: at,
      attributes: { 'trustmonitor.from': from ?? 'none', 'trustmonitor.to': to },
    })),
    ...steps.map(({ effect: { at, step, incident } }) => ({
      name: `incident ${step}`,
      atMs: at,
      attributes: { 'trustmonitor.incident': incident.id },
    })),
  ];
}
