/** A commit's decisions -> what listeners are told of them. */
import { formatTimestamp, type LiveEvent, type Uuid7 } from '@trustmonitor/protocol';
import type { Decisions } from './decide.ts';

const TYPES = {
  open: 'incident.opened',
  update: 'incident.updated',
  resolve: 'incident.resolved',
} as const;

/** `recorded`: the incidents that were written; those of deleted monitors are not. */
export function eventsOf(decisions: Decisions, recorded: ReadonlySet<Uuid7>): LiveEvent[] {
  const latencies = latenciesOf(decisions);
  return [
    ...decisions.votes.map(({ watched, effect }): LiveEvent => {
      const { round, region, agent, vote } = effect;
      const at = formatTimestamp(effect.at);
      const monitor = watched.definition.id;
      const latencyUs = latencies.get(`${round}/${agent}`) ?? null;
      return { type: 'vote.cast', at, monitor, round, region, agent, vote, latencyUs };
    }),
    ...decisions.verdicts.map(({ watched, effect }): LiveEvent => {
      const { round, from, to } = effect;
      const at = formatTimestamp(effect.at);
      return { type: 'verdict.changed', at, monitor: watched.definition.id, round, from, to };
    }),
    ...decisions.incidents
      .filter(({ effect }) => recorded.has(effect.incident.id))
      .map(({ watched, effect }): LiveEvent => {
        const { step, verdict, incident } = effect;
        const at = formatTimestamp(effect.at);
        const monitor = watched.definition.id;
        return { type: TYPES[step], at, incident: incident.id, monitor, verdict };
      }),
  ];
}

/** Of the results that counted, by round and agent; 0 is that of an agent that did not probe. */
function latenciesOf({ results }: Decisions): Map<string, number> {
  return new Map(
    results.flatMap(({ result: { round, agent, phases }, counted }): [string, number][] =>
      counted && phases.totalUs > 0 ? [[`${round}/${agent}`, phases.totalUs]] : [],
    ),
  );
}
