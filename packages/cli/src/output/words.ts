/** How the output says things: times, verdicts, agreement. */
import { formatDuration, type Verdict, type Vote } from '@trustmonitor/protocol';
import type { Cell } from './table.ts';
import type { Colour } from './paint.ts';

const COLOUR_OF_VERDICT: Readonly<Record<Verdict, Colour>> = {
  up: 'green',
  degraded: 'yellow',
  partial: 'yellow',
  down: 'red',
  unknown: 'dim',
};

export function verdictCell(verdict: Verdict | null): Cell {
  return verdict === null
    ? { text: 'waiting', colour: 'dim' }
    : { text: verdict, colour: COLOUR_OF_VERDICT[verdict] };
}

export function colourOfVerdict(verdict: Verdict): Colour {
  return COLOUR_OF_VERDICT[verdict];
}

/**
 * What the votes of one round come to. A steady round asks one region only, and a round is
 * closed as soon as no other vote can change it: so fewer than all is nothing out of order.
 */
export function agreement(votes: readonly Vote[], members: number): string {
  const up = votes.filter((vote) => vote === 'up').length;
  const down = votes.filter((vote) => vote === 'down').length;
  const count = up + down;
  if (count === 0) return `none of ${regions(members)} voted`;
  if (up > 0 && down > 0) return `they differ: ${up} up, ${down} down, of ${regions(members)}`;
  return `${count} of ${regions(members)} ${count === 1 ? 'voted' : 'agree'}`;
}

export function regions(count: number): string {
  return count === 1 ? '1 region' : `${count} regions`;
}

export function plural(count: number, one: string, many = `${one}s`): string {
  return `${count} ${count === 1 ? one : many}`;
}

/** `12 MB`, `3.4 GB`: decimal units, as disks are sold. */
export function megabytes(bytes: number): string {
  return bytes < 1e9 ? `${Math.ceil(bytes / 1e6)} MB` : `${(bytes / 1e9).toFixed(1)} GB`;
}

/** `just now`, `12s ago`, `3h ago`: one unit, as far back as matters. */
export function ago(timestamp: string | null, nowMs: number): string {
  if (timestamp === null) return 'never';
  const elapsedMs = Math.max(0, nowMs - Date.parse(timestamp));
  return elapsedMs < 1_000 ? 'just now' : `${coarse(elapsedMs)} ago`;
}

/** From one instant to another, or until now. */
export function lasted(from: string, to: string | null, nowMs: number): string {
  const endMs = to === null ? nowMs : Date.parse(to);
  return coarse(Math.max(1_000, endMs - Date.parse(from)));
}

const UNITS_MS = [86_400_000, 3_600_000, 60_000, 1_000];

function coarse(ms: number): string {
  const unit = UNITS_MS.find((size) => ms >= size) ?? 1_000;
  return formatDuration(Math.floor(ms / unit) * unit);
}

/** `2026-01-31 12:00:00Z`: to the second, sortable, without doubt about the zone. */
export function instant(timestamp: string | null): string {
  return timestamp === null ? '-' : `${timestamp.slice(0, 19).replace('T', ' ')}Z`;
}

/** `99.950 %`, cut and not rounded: what was missed by a little was missed. */
export function percent(ratio: number | null): string {
  return ratio === null ? '-' : `${(Math.floor(ratio * 100_000 + 1e-6) / 1_000).toFixed(3)} %`;
}

/** `43.2 min`, also below nothing. */
export function minutes(ms: number): string {
  return `${Number((ms / 60_000).toFixed(1))} min`;
}
