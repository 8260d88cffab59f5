/** What is known of each monitor while it is watched. Pure: events in, the next board out. */
import {
  matchRegions,
  type LiveEvent,
  type Member,
  type MonitorResource,
  type Verdict,
  type Vote,
} from '@trustmonitor/protocol';

export interface Row {
  readonly monitor: string;
  readonly enabled: boolean;
  readonly verdict: Verdict | null;
  /** Regions that are asked about it, in order. */
  readonly regions: readonly string[];
  /** The newest round that votes were told of; its votes by region. */
  readonly round: string | null;
  readonly votes: ReadonlyMap<string, Vote>;
  /** Of the newest vote that has one. */
  readonly latencyUs: number | null;
  /** Id of the incident that is open. */
  readonly incident: string | null;
}

/** In order of monitor. */
export type Board = ReadonlyMap<string, Row>;

/** As the API has it now; what was seen of votes before is kept. */
export function boardOf(
  monitors: readonly MonitorResource[],
  members: readonly Member[],
  before: Board,
): Board {
  const rows = monitors.map((monitor): [string, Row] => {
    const { id, enabled, verdict, openIncident: incident } = monitor;
    const known = before.get(id);
    const named = matchRegions(monitor.regions, members).map(({ region }) => region);
    return [
      id,
      {
        monitor: id,
        enabled,
        verdict,
        incident,
        regions: named.length > 0 ? named : (known?.regions ?? []),
        round: known?.round ?? null,
        votes: known?.votes ?? new Map(),
        latencyUs: known?.latencyUs ?? null,
      },
    ];
  });
  return new Map(rows.toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

/** The same board where the event is about none of its monitors. */
export function withEvent(board: Board, event: LiveEvent): Board {
  const row = 'monitor' in event ? board.get(event.monitor) : undefined;
  if (row === undefined) return board;
  const changed = rowWith(row, event);
  return changed === row ? board : new Map(board).set(row.monitor, changed);
}

function rowWith(row: Row, event: LiveEvent): Row {
  switch (event.type) {
    case 'vote.cast':
      return withVote(row, event);
    case 'verdict.changed':
      return { ...row, verdict: event.to };
    case 'incident.opened':
    case 'incident.updated':
      return { ...row, incident: event.incident };
    case 'incident.resolved':
      return { ...row, incident: null };
    default:
      return row;
  }
}

/** Votes of one round stand together. Ids of rounds are in order of time. */
function withVote(row: Row, event: Extract<LiveEvent, { type: 'vote.cast' }>): Row {
  const { round, region, vote } = event;
  if (row.round !== null && round < row.round) return row;
  const votes = new Map(round === row.round ? row.votes : []).set(region, vote);
  const regions = row.regions.includes(region) ? row.regions : [...row.regions, region].toSorted();
  return { ...row, round, votes, regions, latencyUs: event.latencyUs ?? row.latencyUs };
}
