/** The page of one incident: what happened, and what proves it. */
import { document } from './document.ts';
import { firstWithin, markup, type Markup } from './markup.ts';
import type { IncidentView, PageView } from './view.ts';
import {
  agreementOf,
  incidentTitle,
  spanWords,
  storyOf,
  timeWords,
  type StoryEntry,
} from './words.ts';

/** Where its evidence is: to be had from the operator, beside the page, or there before long. */
export type Proof = 'on request' | 'here' | 'to follow';

/** What goes on for long has more to tell than a page takes. */
const MOST_STORY_BYTES = 40_000;

export function incidentPage(view: PageView, incident: IncidentView, proof: Proof): string {
  const { openedAtMs, resolvedAtMs, id } = incident;
  const title = incidentTitle(incident);
  const story = storyOf(incident).toReversed().map(entryItem);
  const shown = firstWithin(story, MOST_STORY_BYTES).toReversed();
  const left = story.length - shown.length;
  return document(view, `${title} - ${view.page.title}`, '../', [
    markup`<h2>${title}</h2>`,
    markup`<p>${spanWords(incident, view.atMs)}. ${agreementOf(incident)}.</p>`,
    ...(left === 0
      ? []
      : [
          markup`<p>${left} earlier entries are in <a href="../api/v2/incidents.json">the JSON of all incidents</a>.</p>`,
        ]),
    markup`<ol class="steps">${shown}</ol>`,
    markup`<section id="verify"><h2>Verify this incident</h2>${howToVerify(id, proof)}</section>`,
    markup`<p>Began ${timeWords(openedAtMs)}${resolvedAtMs === null ? '' : `, ended ${timeWords(resolvedAtMs)}`}. <a href="../index.html">What is now</a></p>`,
  ]);
}

function entryItem({ kind, at, words, id }: StoryEntry): Markup {
  const time = markup`<time datetime="${at}">${timeWords(Date.parse(at))}</time>`;
  return kind === 'note'
    ? markup`<li>${time} <b>Update</b><p class="note">${words}</p></li>`
    : markup`<li>${time} ${words}<br><small>record ${id}</small></li>`;
}

function howToVerify(id: string, proof: Proof): Markup {
  switch (proof) {
    case 'here':
      return markup`<p>Download <a href="../evidence/${id}.json" download>the evidence</a>, and drop it onto <a href="../verify.html">the verifier</a>, a page that asks no server. Or on a command line, with the operator's root key:</p><pre tabindex="0">trustmonitor verify ${id}.json --root root.json</pre>`;
    case 'to follow':
      return markup`<p>Each record above is signed, in an append-only log. The proof follows: independent witnesses have not cosigned the newest of them yet. Then the evidence of incident <code>${id}</code> can be downloaded here.</p>`;
    case 'on request':
      return markup`<p>Each record above is signed, in an append-only log. Its evidence can be checked by anybody who has the bundle of incident <code>${id}</code>; the operator of this page can hand it out.</p>`;
  }
}
