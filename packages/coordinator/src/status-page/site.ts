/**
 * A page as a folder of files: what the server answers with, file by file, and what is exported to
 * another host as a whole. Links between them are relative, so that both work the same.
 */
import { badge, shield } from './badges.ts';
import { atomFeed, calendar, rssFeed } from './feeds.ts';
import { historyPages } from './history.ts';
import { incidentPage, type Proof } from './incident-page.ts';
import { ownLogoOf } from './logo.ts';
import { indexPage } from './page.ts';
import { STATUSPAGE_FILES } from './statuspage-api.ts';
import { styleSheet } from './style.ts';
import type { IncidentView, PageView } from './view.ts';

/** What makes each file, by its path in the folder. A file is made when it is asked for. */
export type Site = ReadonlyMap<string, () => Content | Promise<Content>>;

/** Text, or what is none. */
export type Content = string | Uint8Array;

const TYPES = {
  html: 'text/html; charset=utf-8',
  css: 'text/css; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  json: 'application/json',
  svg: 'image/svg+xml',
  atom: 'application/atom+xml; charset=utf-8',
  rss: 'application/rss+xml; charset=utf-8',
  ics: 'text/calendar; charset=utf-8',
  png: 'image/png',
  jpg: 'image/jpeg',
  webp: 'image/webp',
} as const;

/** Of a path that is in a site. */
export function mediaTypeOf(path: string): string {
  return TYPES[path.slice(path.lastIndexOf('.') + 1) as keyof typeof TYPES];
}

export interface SiteParts {
  /** The address of the folder, with a slash at its end; feeds need whole addresses. */
  readonly base: string;
  /** What renews a page in a browser. */
  readonly script: () => Promise<string>;
  /** The verifier as a page. */
  readonly verifier: () => Promise<string>;
  /** The bundle of an incident. Throws `evidence.pending` while the witnesses have not cosigned it. */
  readonly evidence: (incident: string) => Promise<string>;
  /** Whether they have, as far as the view knows it. */
  readonly isProven: (incident: IncidentView) => Promise<boolean>;
}

export function siteOf(view: PageView, parts: SiteParts): Site {
  const { base, script, verifier } = parts;
  const { page, incidents, groups } = view;
  const { bundle, proofOf } = provingOf(view, parts);
  const components = groups.flatMap((group) => group.components);
  const json = (value: object): string => `${JSON.stringify(value)}\n`;
  const logo = ownLogoOf(page);
  return new Map<string, () => Content | Promise<Content>>([
    ['index.html', () => indexPage(view)],
    ...historyPages(view),
    // Before the pages of incidents, which say whether there is one.
    ...(page.evidence === true
      ? [
          ['verify.html', verifier] as const,
          ...incidents.map(({ id }) => [`evidence/${id}.json`, () => bundle(id)] as const),
        ]
      : []),
    ...incidents.map(
      (one) =>
        [
          `incidents/${one.id}.html`,
          async () => incidentPage(view, one, await proofOf(one)),
        ] as const,
    ),
    ['style.css', () => styleSheet(page)],
    ['live.js', script],
    ...(logo === null ? [] : [[logo.path, () => logo.bytes] as const]),
    ['feed.atom', () => atomFeed(view, base)],
    ['feed.rss', () => rssFeed(view, base)],
    ['calendar.ics', () => calendar(view, base)],
    ...Object.entries(STATUSPAGE_FILES).map(
      ([path, make]) => [`api/v2/${path}`, () => json(make(view, base))] as const,
    ),
    ['badge.svg', () => badge(page.title, view.state)],
    ['badge.json', () => json(shield(page.title, view.state))],
    ...components.flatMap(({ id, name, state }) => [
      [`badges/${id}.svg`, () => badge(name, state)] as const,
      [`badges/${id}.json`, () => json(shield(name, state))] as const,
    ]),
  ]);
}

/** Of a path in a site. */
export const isEvidence = (path: string): boolean => path.startsWith('evidence/');

/**
 * An incident that goes on is signed anew while a page is made: a bundle that was not there when it was
 * asked for is not promised by a page that is made later.
 */
function provingOf({ page }: PageView, { evidence, isProven }: SiteParts) {
  const missing = new Set<string>();
  return {
    bundle: async (id: string): Promise<string> => {
      try {
        const text = await evidence(id);
        missing.delete(id);
        return text;
      } catch (error) {
        missing.add(id);
        throw error;
      }
    },
    proofOf: async (incident: IncidentView): Promise<Proof> => {
      if (page.evidence !== true) return 'on request';
      return !missing.has(incident.id) && (await isProven(incident)) ? 'here' : 'to follow';
    },
  };
}
