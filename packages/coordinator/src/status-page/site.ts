/**
 * A page as a folder of files: what the server answers with, file by file, and what is exported to
 * another host as a whole. Links between them are relative, so that both work the same.
 */
import { badge, shield } from './badges.ts';
import { atomFeed, calendar, rssFeed } from './feeds.ts';
import { historyPage, incidentPage, indexPage } from './page.ts';
import { statuspageFiles } from './statuspage-api.ts';
import { styleSheet } from './style.ts';
import type { PageView } from './view.ts';

export interface SiteFile {
  readonly type: string;
  readonly text: string;
}

const TYPES = {
  html: 'text/html; charset=utf-8',
  css: 'text/css; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  json: 'application/json',
  svg: 'image/svg+xml',
  atom: 'application/atom+xml; charset=utf-8',
  rss: 'application/rss+xml; charset=utf-8',
  ics: 'text/calendar; charset=utf-8',
} as const;

export interface SiteParts {
  /** The address of the folder, with a slash at its end; feeds need whole addresses. */
  readonly base: string;
  /** What is the same for every page. */
  readonly script: string;
  readonly verifier: string;
}

/** By path in the folder. */
export function siteOf(view: PageView, { base, script, verifier }: SiteParts) {
  const files = new Map<string, SiteFile>();
  const add = (path: string, text: string): void => {
    const ending = path.slice(path.lastIndexOf('.') + 1) as keyof typeof TYPES;
    files.set(path, { type: TYPES[ending], text });
  };
  const addJson = (path: string, value: object): void => {
    add(path, `${JSON.stringify(value)}\n`);
  };
  add('index.html', indexPage(view));
  add('history.html', historyPage(view));
  for (const one of view.incidents) add(`incidents/${one.id}.html`, incidentPage(view, one));
  add('style.css', styleSheet(view.page.accent));
  add('live.js', script);
  if (view.page.evidence === true) add('verify.html', verifier);
  add('feed.atom', atomFeed(view, base));
  add('feed.rss', rssFeed(view, base));
  add('calendar.ics', calendar(view, base));
  for (const [path, value] of statuspageFiles(view, base)) addJson(`api/v2/${path}`, value);
  add('badge.svg', badge(view.page.title, view.state));
  addJson('badge.json', shield(view.page.title, view.state));
  for (const { id, name, state } of view.groups.flatMap(({ components }) => components)) {
    add(`badges/${id}.svg`, badge(name, state));
    addJson(`badges/${id}.json`, shield(name, state));
  }
  return files;
}
