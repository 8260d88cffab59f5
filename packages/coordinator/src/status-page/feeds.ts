/** What readers subscribe to: incidents as Atom (RFC 4287) and RSS 2.0, maintenance as iCalendar (RFC 5545). */
import { markup, type Markup } from './markup.ts';
import type { IncidentView, PageView } from './view.ts';
import { incidentTitle, storyOf, timeWords } from './words.ts';

const MOST_ENTRIES = 50;

/** `base` is the address of the page's folder, with a slash at its end. */
export function atomFeed({ page, incidents, atMs }: PageView, base: string): string {
  const some = incidents.slice(0, MOST_ENTRIES);
  // Of an old one something may be said last.
  const changed = some.map(changedAt).toSorted().at(-1) ?? new Date(atMs).toISOString();
  return markup`<?xml version="1.0" encoding="utf-8"?>
<feed xmlns="http://www.w3.org/2005/Atom">
<id>${base}</id>
<title>${page.title}</title>
<updated>${changed}</updated>
<author><name>${page.title}</name></author>
<link rel="self" href="${base}feed.atom"/>
<link rel="alternate" type="text/html" href="${base}"/>
${some.map(
  (incident) => markup`<entry>
<id>urn:uuid:${incident.id}</id>
<title>${incidentTitle(incident)}</title>
<published>${new Date(incident.openedAtMs).toISOString()}</published>
<updated>${changedAt(incident)}</updated>
<link rel="alternate" type="text/html" href="${base}incidents/${incident.id}.html"/>
<content type="html">${storyMarkup(incident)}</content>
</entry>
`,
)}</feed>
`.text;
}

export function rssFeed({ page, incidents }: PageView, base: string): string {
  return markup`<?xml version="1.0" encoding="utf-8"?>
<rss version="2.0" xmlns:atom="http://www.w3.org/2005/Atom"><channel>
<title>${page.title}</title>
<link>${base}</link>
<description>${page.description ?? `Incidents of ${page.title}`}</description>
<atom:link href="${base}feed.rss" rel="self" type="application/rss+xml"/>
${incidents.slice(0, MOST_ENTRIES).map(
  (incident) => markup`<item>
<title>${incidentTitle(incident)}</title>
<link>${base}incidents/${incident.id}.html</link>
<guid isPermaLink="false">${incident.id}</guid>
<pubDate>${new Date(incident.openedAtMs).toUTCString()}</pubDate>
<description>${storyMarkup(incident)}</description>
</item>
`,
)}</channel></rss>
`.text;
}

/** Newest step first; both formats want its HTML escaped once more. */
function storyMarkup(incident: IncidentView): string {
  const entries: Markup[] = storyOf(incident)
    .toReversed()
    .map(({ at, words }) => markup`<p>${timeWords(Date.parse(at))}: ${words}</p>`);
  return markup`${entries}`.text;
}

function changedAt(incident: IncidentView): string {
  return storyOf(incident).at(-1)?.at ?? new Date(incident.openedAtMs).toISOString();
}

/** What is planned, and what is over. */
export function calendar({ page, maintenance, past, atMs }: PageView, base: string): string {
  const events = [...past.toReversed(), ...maintenance].flatMap(
    ({ id, fromMs, untilMs, reason, components }) => [
      'BEGIN:VEVENT',
      `UID:${id}-${stamp(fromMs)}@${new URL(base).hostname}`,
      `DTSTAMP:${stamp(atMs)}`,
      `DTSTART:${stamp(fromMs)}`,
      `DTEND:${stamp(untilMs)}`,
      `SUMMARY:${escapeText(`Maintenance: ${reason}`)}`,
      `DESCRIPTION:${escapeText(components.join(', '))}`,
      `URL:${base}`,
      'END:VEVENT',
    ],
  );
  const lines = [
    'BEGIN:VCALENDAR',
    'VERSION:2.0',
    'PRODID:-//TrustMonitor//Status page//EN',
    `X-WR-CALNAME:${escapeText(page.title)}`,
    ...events,
    'END:VCALENDAR',
  ];
  return lines.map((line) => `${fold(line)}\r\n`).join('');
}

/** `20260131T120000Z` */
function stamp(atMs: number): string {
  return `${new Date(atMs).toISOString().replaceAll(/[-:]/g, '').slice(0, 15)}Z`;
}

function escapeText(text: string): string {
  return text.replaceAll(/[\\;,]/g, '\\$&').replaceAll(/\r?\n|\r/g, '\\n');
}

/** At most 75 octets a line; what goes on begins with a space. Characters stay whole. */
function fold(line: string): string {
  let folded = '';
  let octets = 0;
  for (const character of line) {
    const size = Buffer.byteLength(character);
    if (octets + size > 75) {
      folded += '\r\n ';
      octets = 1;
    }
    folded += character;
    octets += size;
  }
  return folded;
}
