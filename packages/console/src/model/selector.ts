/** Which monitors something is about, as people type it and as it is read. */
import type { Selector } from '@trustmonitor/protocol';

/** Lists by commas. */
export interface SelectorText {
  readonly monitors: string;
  readonly groups: string;
  /** `name=value`. */
  readonly labels: string;
}

export const ALL_MONITORS: SelectorText = { monitors: '', groups: '', labels: '' };

export function listOf(text: string): string[] {
  return text
    .split(',')
    .map((part) => part.trim())
    .filter(Boolean);
}

/** `name=value`, by commas. Throws an error that says which is none. */
export function pairsOf(text: string): Record<string, string> {
  const pairs = listOf(text).map((pair) => {
    const at = pair.indexOf('=');
    if (at < 1) throw new Error(`“${pair}” has no value: write name=value.`);
    return [pair.slice(0, at).trim(), pair.slice(at + 1).trim()] as const;
  });
  return Object.fromEntries(pairs);
}

/** Nothing stands for all monitors. */
export function selectorOf({ monitors, groups, labels }: SelectorText): Selector {
  const [ids, names, pairs] = [listOf(monitors), listOf(groups), pairsOf(labels)];
  return {
    ...(ids.length === 0 ? {} : { monitors: ids }),
    ...(names.length === 0 ? {} : { groups: names }),
    ...(Object.keys(pairs).length === 0 ? {} : { labels: pairs }),
  };
}

export function namesOf({ monitors, groups, labels }: Selector): string {
  const pairs = Object.entries(labels ?? {}).map(([key, value]) => `${key}=${value}`);
  const names = [...(monitors ?? []), ...(groups ?? []).map((name) => `group ${name}`), ...pairs];
  return names.length === 0 ? 'all monitors' : names.join(', ');
}
