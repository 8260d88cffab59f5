/**
 * The last 90 days: incidents and maintenance that is over, newest first under their months, on as many
 * pages as keep each small.
 */
import { MOST_BYTES, document } from './document.ts';
import { incidentItem, maintenanceItem } from './items.ts';
import { bytesOf, markup, type Markup } from './markup.ts';
import type { PageView } from './view.ts';

/** What is around the entries of a page takes less than the rest. */
const MOST_ENTRY_BYTES = MOST_BYTES - 10_000;
/** Of a heading, which may stand before any entry. */
const HEADING_BYTES = 80;

interface Entry {
  readonly atMs: number;
  readonly item: Markup;
}

/** What makes each of the pages, by its path. */
export function historyPages(view: PageView): (readonly [path: string, make: () => string])[] {
  const parts = partsOf(entriesOf(view));
  return parts.map((entries, i) => [pathOf(i), () => historyPage(view, entries, i, parts.length)]);
}

const pathOf = (i: number): string => (i === 0 ? 'history.html' : `history-${i + 1}.html`);

function entriesOf({ incidents, past, atMs }: PageView): Entry[] {
  return [
    ...incidents.map((one) => ({ atMs: one.openedAtMs, item: incidentItem(one, atMs) })),
    ...past.map((one) => ({ atMs: one.fromMs, item: maintenanceItem(one) })),
  ].toSorted((a, b) => b.atMs - a.atMs);
}

/** At least one part, which may be empty. */
function partsOf(entries: readonly Entry[]): Entry[][] {
  const parts: Entry[][] = [[]];
  let bytes = 0;
  for (const entry of entries) {
    const more = bytesOf(entry.item) + HEADING_BYTES;
    const last = parts.at(-1);
    if (last === undefined || (bytes + more > MOST_ENTRY_BYTES && last.length > 0)) {
      parts.push([entry]);
      bytes = more;
    } else {
      last.push(entry);
      bytes += more;
    }
  }
  return parts;
}

function historyPage(view: PageView, entries: readonly Entry[], i: number, of: number): string {
  return document(view, `History - ${view.page.title}`, '', [
    markup`<h2>The last 90 days</h2>`,
    entries.length === 0 ? markup`<p>There was no incident and no maintenance.</p>` : markup``,
    ...byMonth(entries).map(
      ([month, items]) =>
        markup`<section><h3>${month}</h3><ul class="incidents">${items}</ul></section>`,
    ),
    of === 1 ? markup`` : wayToOthers(i, of),
    markup`<p><a href="index.html">What is now</a></p>`,
  ]);
}

function wayToOthers(i: number, of: number): Markup {
  const newer = i === 0 ? null : markup`<a href="${pathOf(i - 1)}" rel="prev">Newer</a> · `;
  const older = i === of - 1 ? null : markup` · <a href="${pathOf(i + 1)}" rel="next">Older</a>`;
  return markup`<nav aria-label="Pages of the history"><p>${newer}Page ${i + 1} of ${of}${older}</p></nav>`;
}

function byMonth(entries: readonly Entry[]): [month: string, items: Markup[]][] {
  const months = new Map<string, Markup[]>();
  for (const { atMs, item } of entries) {
    const month = monthWords(atMs);
    months.set(month, [...(months.get(month) ?? []), item]);
  }
  return [...months];
}

/** `November 2026` */
function monthWords(atMs: number): string {
  return new Date(atMs).toLocaleDateString('en', {
    ...{ month: 'long', year: 'numeric', timeZone: 'UTC' },
  });
}
