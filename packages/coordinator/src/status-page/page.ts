/** The page that most people see: what is now, 90 days of each component, and the last two weeks. */
import { GAPS, barsOf } from './bars.ts';
import { MOST_BYTES, document } from './document.ts';
import { incidentItem, maintenanceItem, sign } from './items.ts';
import { firstWithin, markup, type Markup } from './markup.ts';
import { DAY_MS, type ComponentView, type PageView } from './view.ts';
import { HEADLINES, STATE_WORDS, durationWords, percent } from './words.ts';

const RECENT_MS = 14 * DAY_MS;
/** What all lists have together, however much the components take. */
const LEAST_LIST_BYTES = 9_000;
/** Of headings, and of what says that there is more. */
const SECTION_BYTES = 1_000;

interface Lists {
  readonly open: readonly Markup[];
  readonly maintenance: readonly Markup[];
  readonly recent: readonly Markup[];
}

/** Lists that are too long for one page are cut; the history has all of them. */
export function indexPage(view: PageView): string {
  const all = listsOf(view);
  const bare = indexWith(view, { open: [], maintenance: [], recent: [] }, all);
  const left = MOST_BYTES - SECTION_BYTES - Buffer.byteLength(bare);
  const share = Math.max(left, LEAST_LIST_BYTES) / 3;
  const shown = {
    open: firstWithin(all.open, share),
    maintenance: firstWithin(all.maintenance, share),
    recent: firstWithin(all.recent, share),
  };
  return indexWith(view, shown, all);
}

function listsOf({ incidents, maintenance, atMs }: PageView): Lists {
  const open = incidents.filter(({ resolvedAtMs }) => resolvedAtMs === null);
  const recent = incidents.filter(
    ({ resolvedAtMs }) => resolvedAtMs !== null && resolvedAtMs > atMs - RECENT_MS,
  );
  return {
    open: open.map((one) => incidentItem(one, atMs)),
    maintenance: maintenance.map(maintenanceItem),
    recent: recent.map((one) => incidentItem(one, atMs)),
  };
}

function indexWith(view: PageView, shown: Lists, all: Lists): string {
  const { page, groups, state } = view;
  const listOf = (kind: keyof Lists): Markup => {
    const left = all[kind].length - shown[kind].length;
    const more = left === 0 ? null : markup`<p>And ${left} more.</p>`;
    return markup`<ul class="incidents">${shown[kind]}</ul>${more}`;
  };
  const section = (title: string, kind: keyof Lists): Markup[] =>
    all[kind].length === 0 ? [] : [markup`<section><h2>${title}</h2>${listOf(kind)}</section>`];
  return document(view, page.title, '', [
    markup`<p class="now s-${state}" role="status">${sign(state)} ${HEADLINES[state]}</p>`,
    ...(page.description === undefined ? [] : [markup`<p>${page.description}</p>`]),
    ...section('Open incidents', 'open'),
    ...section('Maintenance', 'maintenance'),
    GAPS,
    ...groups.map(
      ({ name, components }) =>
        markup`<section><h2>${name}</h2>${components.length === 0 ? markup`<p>Nothing is shown here.</p>` : markup`<ul class="components">${components.map(componentItem)}</ul><p class="axis"><span>90 days ago</span><span>today</span></p>`}</section>`,
    ),
    markup`<section><h2>The last two weeks</h2>${all.recent.length === 0 ? markup`<p>No incident ended in this time.</p>` : listOf('recent')}<p><a href="history.html">All of the last 90 days</a></p></section>`,
  ]);
}

function componentItem(component: ComponentView): Markup {
  const { name, state, uptime, measuredMs } = component;
  // Never more than was measured: a monitor of yesterday has no 90 days.
  return markup`<li><div><b>${name}</b> <span class="s-${state}">${sign(state)} ${STATE_WORDS[state]}</span></div>${barsOf(component)}<small>${uptime === null ? 'Nothing was measured yet' : `${percent(uptime)} up, measured over ${durationWords(measuredMs)}`}</small></li>`;
}
