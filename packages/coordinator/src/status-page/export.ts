/** All files of a page at once, for a host that goes on when this one does not. */
import { readFile } from 'node:fs/promises';
import { readVerifyPage } from '@trustmonitor/evidence/node';
import type { StatusPage, StatusPageFiles } from '@trustmonitor/protocol';
import { bundleOf } from '../evidence.ts';
import type { KeyRings } from '../keyrings.ts';
import type { Clock } from '../clock.ts';
import type { Database } from '../store/database.ts';
import { loadPage } from './load.ts';
import { siteOf, type SiteParts } from './site.ts';
import type { PageView } from './view.ts';

export interface ExportParts {
  readonly database: Database;
  readonly keyRings: KeyRings;
  readonly clock: Clock;
}

const SCRIPT = new URL('../../pages/status-live.js', import.meta.url);

/** What is the same for every page. */
export async function commonParts(): Promise<Omit<SiteParts, 'base'>> {
  const [script, verifier] = await Promise.all([readFile(SCRIPT, 'utf8'), readVerifyPage()]);
  return { script, verifier: Buffer.from(verifier).toString('utf8') };
}

export async function filesToExport(
  page: StatusPage,
  base: string,
  { database, keyRings, clock }: ExportParts,
): Promise<StatusPageFiles> {
  const view = await loadPage(database, page, clock());
  const site = siteOf(view, { base, ...(await commonParts()) });
  const files = [...site].map(([path, file]) => ({ path, ...file }));
  for (const id of evidenceOf(view)) {
    const bundle = await bundleOf(database, id, keyRings);
    if (bundle === null) continue;
    const text = Buffer.from(bundle).toString('utf8');
    files.push({ path: `evidence/${id}.json`, type: 'application/json', text });
  }
  return { base, files };
}

/** Incidents of which the page gives the evidence away. */
export function evidenceOf({ page, incidents }: PageView): string[] {
  return page.evidence === true ? incidents.map(({ id }) => id) : [];
}
