/** The one sentence over all monitors: the worst of them, and never that all is well where nobody looked. */
import type { ShownState } from './filters.ts';
import { plural } from './words.ts';

interface Headline {
  /** That of the mark beside it. */
  readonly tone: ShownState;
  readonly words: string;
}

export function headlineOf(counts: ReadonlyMap<ShownState, number>): Headline {
  const count = (...states: ShownState[]): number =>
    states.reduce((all, state) => all + (counts.get(state) ?? 0), 0);
  const down = count('down');
  if (down > 0) return { tone: 'down', words: `${plural(down, 'monitor')} down` };
  const partial = count('partial', 'degraded');
  if (partial > 0) return { tone: 'partial', words: `${plural(partial, 'monitor')} not well` };
  const unknown = count('unknown');
  if (unknown > 0) return { tone: 'unknown', words: `${plural(unknown, 'monitor')} unknown` };
  const pending = count('pending');
  if (count('up') > 0) {
    if (pending === 0) return { tone: 'up', words: 'Everything is up' };
    const waiting = `${plural(pending, 'monitor')} pending`;
    return { tone: 'up', words: `Everything measured is up, ${waiting}` };
  }
  if (pending === 0 && count('paused') > 0)
    return { tone: 'paused', words: 'Everything is paused' };
  return { tone: 'pending', words: 'Nothing is measured yet' };
}
