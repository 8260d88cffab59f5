/** The page of one incident, with what proves it. */
import { markup, type Markup } from './markup.ts';
import { document } from './page.ts';
import type { IncidentView, PageView } from './view.ts';
import { agreementOf, incidentTitle, spanWords, stepWords, timeWords } from './words.ts';

/** Where its evidence is: to be had from the operator, beside the page, or there before long. */
export type Proof = 'on request' | 'here' | 'to follow';

export function incidentPage(view: PageView, incident: IncidentView, proof: Proof): string {
  const { openedAtMs, resolvedAtMs, steps, id } = incident;
  const title = incidentTitle(incident);
  return document(view, `${title} - ${view.page.title}`, '../', [
    markup`<h2>${title}</h2>`,
    markup`<p>${spanWords(incident, view.atMs)}. ${agreementOf(incident)}.</p>`,
    markup`<ol class="steps">${steps.map(({ at, step, digest }) => markup`<li><time datetime="${at}">${timeWords(Date.parse(at))}</time> ${stepWords(step)}<br><small>record ${digest}</small></li>`)}</ol>`,
    markup`<section id="verify"><h2>Verify this incident</h2>${howToVerify(id, proof)}</section>`,
    markup`<p>Began ${timeWords(openedAtMs)}${resolvedAtMs === null ? '' : `, ended ${timeWords(resolvedAtMs)}`}. <a href="../index.html">What is now</a></p>`,
  ]);
}

function howToVerify(id: string, proof: Proof): Markup {
  switch (proof) {
    case 'here':
      return markup`<p>Download <a href="../evidence/${id}.json" download>the evidence</a>, and drop it onto <a href="../verify.html">the verifier</a>, a page that asks no server. Or on a command line, with the operator's root key:</p><pre tabindex="0">trustmonitor verify ${id}.json --root root.json</pre>`;
    case 'to follow':
      return markup`<p>Each step above is a signed record in an append-only log. The proof follows: independent witnesses have not cosigned the newest step yet. Then the evidence of incident <code>${id}</code> can be downloaded here.</p>`;
    case 'on request':
      return markup`<p>Each step above is a signed record in an append-only log. Its evidence can be checked by anybody who has the bundle of incident <code>${id}</code>; the operator of this page can hand it out.</p>`;
  }
}
