/** What is around each page: a whole document that needs no script, no font and no other host. */
import { ownLogoOf } from './logo.ts';
import { markup, type Markup } from './markup.ts';
import { policyOf } from './policy.ts';
import type { PageView } from './view.ts';
import { timeWords } from './words.ts';

/** No document of a page is larger. */
export const MOST_BYTES = 50_000;

/** `up` leads from the document to the folder of the page. */
export function document(
  { page, atMs }: PageView,
  title: string,
  up: string,
  body: readonly Markup[],
): string {
  const own = ownLogoOf(page);
  const source = own === null ? page.logo : `${up}${own.path}`;
  const logo = source === undefined ? null : markup`<img src="${source}" alt="" height="40">`;
  const home = page.homepage ?? `${up}index.html`;
  return markup`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="content-security-policy" content="${policyOf(page)}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${title}</title>
<link rel="stylesheet" href="${up}style.css">
<link rel="alternate" type="application/atom+xml" title="${page.title}" href="${up}feed.atom">
<link rel="alternate" type="application/rss+xml" title="${page.title}" href="${up}feed.rss">
<script src="${up}live.js" defer></script>
</head>
<body>
<header><h1><a href="${home}">${logo}<span>${page.title}</span></a></h1></header>
<main>
${body}
<p class="as-of">As of <time datetime="${new Date(atMs).toISOString()}">${timeWords(atMs)}</time></p>
</main>
<footer><p>Something is down here only when independent regions agree, and each incident is a signed record. <a href="${up}history.html">History</a> · <a href="${up}feed.atom">Atom</a> · <a href="${up}feed.rss">RSS</a> · <a href="${up}calendar.ics">Calendar</a> · <a href="${up}api/v2/summary.json">JSON</a></p></footer>
</body>
</html>
`.text;
}
