/** What each region sees at this moment: its newest vote on each monitor, in one word. */
import type { Verdict } from '@trustmonitor/protocol';

export interface Seen {
  readonly state: Verdict;
  /** Ms since 1970. */
  readonly atMs: number;
}

/** By region, then by monitor. */
export type Votes = ReadonlyMap<string, ReadonlyMap<string, Seen>>;

/** The same votes where nothing is news: what is older than what is known changes nothing. */
export function noted(votes: Votes, region: string, monitor: string, seen: Seen): Votes {
  const own = votes.get(region);
  const known = own?.get(monitor);
  if (known !== undefined && known.atMs >= seen.atMs) return votes;
  return new Map(votes).set(region, new Map(own).set(monitor, seen));
}

export interface RegionState {
  /** `pending`: it has not voted yet. */
  readonly tone: Verdict | 'pending';
  /** How many of the monitors it has voted on are up to it, and how many those are. */
  readonly up: number;
  readonly voted: number;
  /** When it voted last; null before it has. */
  readonly lastMs: number | null;
}

/** `monitors`: ids of those that count. */
export function stateOfRegion(
  votes: Votes,
  region: string,
  monitors: ReadonlySet<string>,
): RegionState {
  const seen = [...(votes.get(region) ?? [])].flatMap(([id, one]) =>
    monitors.has(id) ? [one] : [],
  );
  const count = (...states: Verdict[]) => seen.filter(({ state }) => states.includes(state)).length;
  const up = count('up', 'degraded');
  const lastMs = seen.length === 0 ? null : Math.max(...seen.map(({ atMs }) => atMs));
  return { tone: toneOf(seen.length, count), up, voted: seen.length, lastMs };
}

function toneOf(voted: number, count: (...states: Verdict[]) => number): RegionState['tone'] {
  const known = voted - count('unknown');
  if (voted === 0) return 'pending';
  if (known === 0) return 'unknown';
  if (count('down') === known) return 'down';
  if (count('down', 'partial') > 0) return 'partial';
  return count('degraded') > 0 ? 'degraded' : 'up';
}

export interface Point {
  readonly x: number;
  readonly y: number;
}

const DIRECTIONS = 8;
const MOST_STEPS = 6;

/** Moves points apart that would cover each other; one that has room stays where it is. In pixels. */
export function spread(points: readonly Point[], apart: number): Point[] {
  const placed: Point[] = [];
  for (const point of points) {
    const free = placesAround(point, apart).find((place) =>
      placed.every((other) => Math.hypot(other.x - place.x, other.y - place.y) >= apart - 0.01),
    );
    placed.push(free ?? point);
  }
  return placed;
}

function placesAround({ x, y }: Point, apart: number): Point[] {
  const around = [{ x, y }];
  for (let step = 1; step <= MOST_STEPS; step++) {
    for (let i = 0; i < DIRECTIONS; i++) {
      const angle = (i * 2 * Math.PI) / DIRECTIONS;
      const far = step * apart;
      around.push({ x: x + far * Math.cos(angle), y: y + far * Math.sin(angle) });
    }
  }
  return around;
}
