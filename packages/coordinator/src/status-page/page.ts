/** The pages themselves: whole documents that need no script, no font and no other host. */
import { GAPS, barsOf } from './bars.ts';
import { markup, type Markup } from './markup.ts';
import type { ComponentView, IncidentView, MaintenanceView, PageView, State } from './view.ts';
import { DAY_MS } from './view.ts';
import {
  HEADLINES,
  STATE_SIGNS,
  STATE_WORDS,
  durationWords,
  incidentTitle,
  percent,
  spanWords,
  timeWords,
} from './words.ts';

const RECENT_MS = 14 * DAY_MS;

/** What is now, and the last two weeks. */
export function indexPage(view: PageView): string {
  const { page, groups, incidents, maintenance, state, atMs } = view;
  const open = incidents.filter(({ resolvedAtMs }) => resolvedAtMs === null);
  const recent = incidents.filter(
    ({ resolvedAtMs }) => resolvedAtMs !== null && resolvedAtMs > atMs - RECENT_MS,
  );
  return document(view, page.title, '', [
    markup`<p class="now s-${state}" role="status">${sign(state)} ${HEADLINES[state]}</p>`,
    ...(page.description === undefined ? [] : [markup`<p>${page.description}</p>`]),
    ...section(
      'Open incidents',
      open.map((one) => incidentItem(one, atMs)),
    ),
    ...section('Maintenance', maintenance.map(maintenanceItem)),
    GAPS,
    ...groups.map(
      ({ name, components }) =>
        markup`<section><h2>${name}</h2>${components.length === 0 ? markup`<p>Nothing is shown here.</p>` : markup`<ul class="components">${components.map(componentItem)}</ul><p class="axis"><span>90 days ago</span><span>today</span></p>`}</section>`,
    ),
    markup`<section><h2>The last two weeks</h2>${recent.length === 0 ? markup`<p>No incident ended in this time.</p>` : markup`<ul class="incidents">${recent.map((one) => incidentItem(one, atMs))}</ul>`}<p><a href="history.html">All of the last 90 days</a></p></section>`,
  ]);
}

/** Every incident that the page knows of. */
export function historyPage(view: PageView): string {
  const { incidents, page, atMs } = view;
  return document(view, `History - ${page.title}`, '', [
    markup`<h2>Incidents of the last 90 days</h2>`,
    incidents.length === 0
      ? markup`<p>There was none.</p>`
      : markup`<ul class="incidents">${incidents.map((one) => incidentItem(one, atMs))}</ul>`,
    markup`<p><a href="index.html">What is now</a></p>`,
  ]);
}

/** `up` leads from the document to the folder of the page. */
export function document(
  view: PageView,
  title: string,
  up: string,
  body: readonly Markup[],
): string {
  const { page, atMs } = view;
  const logo = page.logo === undefined ? null : markup`<img src="${page.logo}" alt="" height="40">`;
  const home = page.homepage ?? `${up}index.html`;
  return markup`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${title}</title>
<link rel="stylesheet" href="${up}style.css">
<link rel="alternate" type="application/atom+xml" title="${page.title}" href="${up}feed.atom">
<link rel="alternate" type="application/rss+xml" title="${page.title}" href="${up}feed.rss">
<script src="${up}live.js" defer></script>
</head>
<body>
<header><a href="${home}">${logo}<span>${page.title}</span></a></header>
<main>
${body}
<p class="as-of">As of <time datetime="${new Date(atMs).toISOString()}">${timeWords(atMs)}</time></p>
</main>
<footer><p>Something is down here only when independent regions agree, and each incident is a signed record. <a href="${up}history.html">History</a> · <a href="${up}feed.atom">Atom</a> · <a href="${up}feed.rss">RSS</a> · <a href="${up}calendar.ics">Calendar</a> · <a href="${up}api/v2/summary.json">JSON</a></p></footer>
</body>
</html>
`.text;
}

function section(title: string, items: readonly Markup[]): Markup[] {
  if (items.length === 0) return [];
  return [markup`<section><h2>${title}</h2><ul class="incidents">${items}</ul></section>`];
}

function componentItem(component: ComponentView): Markup {
  const { name, state, uptime, measuredMs } = component;
  // Never more than was measured: a monitor of yesterday has no 90 days.
  return markup`<li><div><b>${name}</b> <span class="s-${state}">${sign(state)} ${STATE_WORDS[state]}</span></div>${barsOf(component)}<small>${uptime === null ? 'Nothing was measured yet' : `${percent(uptime)} up, measured over ${durationWords(measuredMs)}`}</small></li>`;
}

function incidentItem(incident: IncidentView, nowMs: number): Markup {
  const isOpen = incident.resolvedAtMs === null;
  const state = isOpen ? incident.kind : 'operational';
  return markup`<li><span class="s-${state}">${sign(state)}</span> <a href="incidents/${incident.id}.html"><b>${incidentTitle(incident)}</b></a><br>${spanWords(incident, nowMs)}. <a href="incidents/${incident.id}.html#verify">Verify this incident</a></li>`;
}

function maintenanceItem({ fromMs, untilMs, reason, isNow, components }: MaintenanceView): Markup {
  return markup`<li><span class="s-maintenance">${sign('maintenance')}</span> <b>${reason}</b><br>${isNow ? 'Now, until' : `${timeWords(fromMs)} to`} ${timeWords(untilMs)}: ${components.join(', ')}</li>`;
}

function sign(state: State): Markup {
  return markup`<span aria-hidden="true">${STATE_SIGNS[state]}</span>`;
}
