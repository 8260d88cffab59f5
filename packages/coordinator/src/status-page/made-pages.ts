/**
 * Pages and their files as they were made last. Anybody may ask for them, so each is made at most once
 * in some seconds, however many ask; and only so many are kept.
 */
import { createHash } from 'node:crypto';
import type { StatusPage } from '@trustmonitor/protocol';
import { Kept } from '../kept.ts';
import { loadSite, type LoadParts } from './load.ts';
import { servedPolicyOf } from './policy.ts';
import { mediaTypeOf, type Site } from './site.ts';

const MADE_EVERY_MS = 10_000;
const MOST_PAGES = 20;
const MOST_FILES = 50;

export interface MadeFile {
  readonly type: string;
  readonly content: string | Buffer;
  /** Quoted, as in HTTP. */
  readonly etag: string;
  /** The content security policy that it is served with; null where it says itself, or nothing runs. */
  readonly policy: string | null;
}

export class MadePage {
  readonly page: StatusPage;
  readonly #site: Site;
  readonly #files = new Kept<MadeFile>(MOST_FILES);

  constructor(page: StatusPage, site: Site) {
    this.page = page;
    this.#site = site;
  }

  /** Null where the page has no such file. */
  async file(path: string): Promise<MadeFile | null> {
    const make = this.#site.get(path);
    if (make === undefined) return null;
    return this.#files.get(path, 0, async () => {
      const made = await make();
      const content = typeof made === 'string' ? made : Buffer.from(made);
      const digest = createHash('sha256').update(content).digest('base64url');
      const type = mediaTypeOf(path);
      // The verifier says of itself what may run in it.
      const isPage = path.endsWith('.html') && path !== 'verify.html';
      const policy = isPage ? servedPolicyOf(this.page) : null;
      return { type, content, etag: `"${digest.slice(0, 22)}"`, policy };
    });
  }
}

export interface MadePagesParts extends LoadParts {
  /** Throws `not_found`. */
  readonly requirePage: (id: string) => Promise<StatusPage>;
  readonly baseOf: (id: string) => string;
}

export class MadePages {
  readonly #parts: MadePagesParts;
  readonly #pages = new Kept<MadePage>(MOST_PAGES, MADE_EVERY_MS);

  constructor(parts: MadePagesParts) {
    this.#parts = parts;
  }

  get(id: string): Promise<MadePage> {
    return this.#pages.get(id, this.#parts.clock(), async () => {
      const page = await this.#parts.requirePage(id);
      const { site } = await loadSite(page, this.#parts.baseOf(id), this.#parts);
      return new MadePage(page, site);
    });
  }
}
