/**
 * Ninety days as one small picture. All components of a page end at the same day, so bars stand under
 * each other. Days that follow each other and look the same are one rectangle, and the gaps between
 * days are one line over all of it: a good year costs no more than a good day.
 */
import { markup, type Markup } from './markup.ts';
import { DAYS, type ComponentView, type DayView } from './view.ts';
import { dayWords, durationWords } from './words.ts';

const WORST_WORDS = {
  operational: null,
  degraded: 'slow or failing in part',
  partial: 'down for some regions',
  down: 'down',
} as const;

/** Thin lines between the days, which all bars of a document use. */
export const GAPS: Markup = markup`<svg width="0" height="0" aria-hidden="true"><path id="gaps" d="M1 0v20${'m1-20v20'.repeat(DAYS - 2)}"/></svg>`;

/** Where a day's bar begins, of 20: the worse the higher, as colour alone says nothing to many. */
const TOP = { operational: 6, degraded: 4, partial: 2, down: 0, none: 16 } as const;

interface Run {
  /** Numbers of days, the oldest is 0; `to` is not part of it. */
  readonly from: number;
  readonly to: number;
  readonly worst: DayView['worst'];
  readonly downMs: number;
}

export function barsOf({ name, days }: Pick<ComponentView, 'name' | 'days'>): Markup {
  const label = `${name}, day by day: ${summaryOf(days)}`;
  return markup`<svg viewBox="0 0 ${DAYS} 20" preserveAspectRatio="none" role="img" aria-label="${label}">${runsOf(days).map(rectangleOf)}<use href="#gaps"/></svg>`;
}

/** Bad days stand alone, as each has its own words; so does nothing else. */
function runsOf(days: readonly DayView[]): Run[] {
  const runs: Run[] = [];
  for (const [i, { worst, downMs }] of days.entries()) {
    const last = runs.at(-1);
    const isSame = last?.worst === worst && worst !== 'down';
    if (last !== undefined && isSame) runs[runs.length - 1] = { ...last, to: i + 1 };
    else runs.push({ from: i, to: i + 1, worst, downMs });
  }
  return runs;
}

function rectangleOf({ from, to, worst, downMs }: Run): Markup {
  const top = TOP[worst ?? 'none'];
  const shape = markup`x="${from}" y="${top}" width="${to - from}" height="${20 - top}"`;
  const words = worst === null ? 'no data' : WORST_WORDS[worst];
  // A good day needs no words, and most days are good.
  if (words === null) return markup`<rect ${shape}/>`;
  const how = worst === 'down' ? ` for ${durationWords(downMs)}` : '';
  return markup`<rect class="${worst ?? 'none'}" ${shape}><title>${words}${how}</title></rect>`;
}

/** For those who see no picture. */
function summaryOf(days: readonly DayView[]): string {
  const bad = days.filter(({ worst }) => worst === 'down');
  const none = days.filter(({ worst }) => worst === null).length;
  const down =
    bad.length === 0
      ? 'never down'
      : `down on ${bad.map(({ atMs, downMs }) => `${dayWords(atMs)} for ${durationWords(downMs)}`).join(', ')}`;
  return none === 0 ? down : `${down}; no data of ${none} days`;
}
