/** One event as one line, and how the connection is. */
import type { LiveEvent, Vote } from '@trustmonitor/protocol';
import type { Colour, Paint } from '../output/paint.ts';
import { colourOfVerdict, instant } from '../output/words.ts';

const COLOUR_OF_VOTE: Readonly<Record<Vote, Colour>> = { up: 'green', down: 'red', abstain: 'dim' };

/** `2026-01-31 12:00:00Z  shop  vote  eu-west up  134ms`. Names are slugs: nothing to escape. */
export function eventLine(event: LiveEvent, paint: Paint): string {
  const [subject, what] = wordsOf(event, paint);
  return `${paint('dim', instant(event.at))}  ${subject}  ${what}`;
}

function wordsOf(event: LiveEvent, paint: Paint): [string, string] {
  switch (event.type) {
    case 'vote.cast': {
      const vote = paint(COLOUR_OF_VOTE[event.vote], event.vote);
      const latency = event.latencyUs === null ? '' : `  ${latencyText(event.latencyUs)}`;
      return [event.monitor, `vote      ${event.region} ${vote}${latency}`];
    }
    case 'verdict.changed': {
      const to = paint(colourOfVerdict(event.to), event.to);
      return [event.monitor, `verdict   ${event.from ?? 'none'} -> ${to}`];
    }
    case 'incident.opened':
    case 'incident.updated':
    case 'incident.resolved': {
      const step = event.type.slice('incident.'.length);
      const verdict = paint(colourOfVerdict(event.verdict), event.verdict);
      return [event.monitor, `incident  ${step} ${event.incident}: ${verdict}`];
    }
    case 'agent.lost':
      return [event.agent, paint('red', `agent     nothing heard since ${event.lastSeenAt}`)];
    case 'agent.flagged':
      return [event.agent, paint('yellow', 'agent     votes against the quorum')];
    case 'agent.cleared':
      return [event.agent, 'agent     agrees with the quorum again'];
    case 'monitor.flapping':
      return [event.monitor, paint('yellow', 'flapping  goes down and up again and again')];
    case 'monitor.settled':
      return [event.monitor, 'flapping  not any more'];
    case 'region.quarantined':
      return [event.region, paint('red', `region    in quarantine: ${event.reason}`)];
    case 'region.released':
      return [event.region, 'region    votes again'];
    case 'region.drained':
      return [event.region, paint('yellow', `region    drained by ${event.by}`)];
    case 'region.undrained':
      return [event.region, `region    not drained any more, by ${event.by}`];
    case 'agent.drained':
      return [event.agent, paint('yellow', `agent     drained by ${event.by}`)];
    case 'agent.undrained':
      return [event.agent, `agent     not drained any more, by ${event.by}`];
    case 'monitor.anomalous':
      return [event.monitor, paint('yellow', `anomaly   ${event.summary}`)];
    case 'monitor.normal':
      return [event.monitor, `anomaly   over: ${event.summary}`];
  }
}

export function latencyText(us: number): string {
  return us < 10_000 ? `${(us / 1_000).toFixed(1)}ms` : `${Math.round(us / 1_000)}ms`;
}
