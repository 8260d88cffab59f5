/**
 * The public status pages as they are seen: `/status/PAGE/`. No token is needed and none is looked at.
 * A page is made at most every few seconds, however many look.
 */
import { createHash } from 'node:crypto';
import { TrustMonitorError, UUID7_PATTERN } from '@trustmonitor/protocol';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { bundleOf } from '../evidence.ts';
import { commonParts, evidenceOf } from '../status-page/export.ts';
import { loadPage } from '../status-page/load.ts';
import { siteOf, type SiteFile, type SiteParts } from '../status-page/site.ts';
import type { PageView } from '../status-page/view.ts';
import { selectStatusPage, selectStatusPages } from '../store/status-pages.ts';
import type { ApiContext } from './context.ts';

const MADE_EVERY_MS = 10_000;
const MOST_PAGES_KEPT = 50;
const EVIDENCE = new RegExp(`^evidence/(${UUID7_PATTERN.replaceAll(/[\^$]/g, '')})\\.json$`);
const options = { config: { scope: 'public' as const }, schema: { hide: true } };

interface Made {
  readonly atMs: number;
  readonly view: PageView;
  readonly files: ReadonlyMap<string, SiteFile>;
}

export function publicPageRoutes(app: FastifyInstance, context: ApiContext): void {
  const { database, keyRings } = context;
  const pages = new MadePages(context);

  app.get('/status', options, async (_request, reply) => {
    const [first] = await selectStatusPages(database, '', 1);
    if (first === undefined) throw noPage('There is none yet: PUT /v1/status-pages/ID makes one.');
    return reply.redirect(`/status/${first.id}/`);
  });

  app.get<{ Params: { id: string } }>('/status/:id', options, ({ params }, reply) =>
    reply.redirect(`/status/${encodeURIComponent(params.id)}/`),
  );

  app.get<{ Params: { id: string; '*': string } }>(
    '/status/:id/*',
    options,
    async (request, reply) => {
      const { id, '*': path } = request.params;
      const { view, files } = await pages.get(id);
      const incident = EVIDENCE.exec(path)?.[1];
      if (incident !== undefined && evidenceOf(view).includes(incident)) {
        const bundle = await bundleOf(database, incident, keyRings);
        if (bundle !== null) return reply.type('application/json').send(Buffer.from(bundle));
      }
      const file = files.get(path === '' ? 'index.html' : path);
      if (file === undefined) throw noPage('Begin at the address of the page itself.');
      return send(request, reply, file, view);
    },
  );
}

function send(
  { headers }: FastifyRequest,
  reply: FastifyReply,
  { type, text }: SiteFile,
  { page }: PageView,
): FastifyReply {
  const etag = `"${createHash('sha256').update(text).digest('base64url').slice(0, 22)}"`;
  reply
    .header('etag', etag)
    .header('cache-control', 'public, max-age=15, stale-if-error=86400')
    .header('x-content-type-options', 'nosniff')
    .header('referrer-policy', 'no-referrer')
    .header('access-control-allow-origin', '*');
  // The verifier says of itself what may run in it.
  if (type.startsWith('text/html') && !text.includes('http-equiv="content-security-policy"')) {
    reply.header('content-security-policy', policyOf(page.logo));
  }
  if (headers['if-none-match'] === etag) return reply.status(304).send();
  return reply.type(type).send(text);
}

function policyOf(logo: string | undefined): string {
  const images = logo === undefined ? '' : ` ${new URL(logo).origin}`;
  return (
    `default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; ` +
    `img-src 'self'${images}; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`
  );
}

/** Pages as they were made last. */
class MadePages {
  readonly #context: ApiContext;
  readonly #made = new Map<string, Promise<Made>>();
  #common: Promise<Omit<SiteParts, 'base'>> | null = null;

  constructor(context: ApiContext) {
    this.#context = context;
  }

  async get(id: string): Promise<Made> {
    const known = this.#made.get(id);
    if (known !== undefined && this.#isFresh(await known)) return known;
    if (this.#made.get(id) === known) {
      const made = this.#make(id);
      this.#made.delete(id);
      this.#made.set(id, made);
      made.catch(() => this.#made.delete(id));
      const [oldest] = this.#made.keys();
      if (this.#made.size > MOST_PAGES_KEPT && oldest !== undefined) this.#made.delete(oldest);
    }
    return this.#made.get(id) ?? this.#make(id);
  }

  #isFresh({ atMs }: Made): boolean {
    return this.#context.clock() - atMs < MADE_EVERY_MS;
  }

  async #make(id: string): Promise<Made> {
    const { database, clock, settings } = this.#context;
    const atMs = clock();
    const page = await selectStatusPage(database, id);
    if (page === null) throw noPage(`There is no page ${id}.`);
    const view = await loadPage(database, page, atMs);
    const common = await (this.#common ??= commonParts());
    const base = `${settings.publicUrl.replace(/\/$/, '')}/status/${id}/`;
    return { atMs, view, files: siteOf(view, { base, ...common }) };
  }
}

function noPage(hint: string): TrustMonitorError {
  return new TrustMonitorError('not_found', 'there is no such status page', { hint });
}
