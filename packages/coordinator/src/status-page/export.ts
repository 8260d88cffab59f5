/** All files of a page at once, for a host that goes on when this one does not. */
import { isTrustMonitorError, type StatusPage, type StatusPageFiles } from '@trustmonitor/protocol';
import { loadSite, type LoadParts } from './load.ts';
import { isEvidence, mediaTypeOf, type Content, type Site } from './site.ts';

export async function filesToExport(
  page: StatusPage,
  base: string,
  parts: LoadParts,
): Promise<StatusPageFiles> {
  const { site } = await loadSite(page, base, parts);
  const files = await filesOf(site, (path, err) => {
    parts.log.error({ err, page: page.id, path }, 'a status page is exported without this file');
  });
  return { base, files };
}

/**
 * Evidence that cannot be had is left out, and the page of its incident says so: a page must never stay as
 * it was because of its evidence. `onFault` hears of what is worse than to wait for witnesses.
 */
export async function filesOf(
  site: Site,
  onFault: (path: string, error: unknown) => void = () => undefined,
): Promise<StatusPageFiles['files']> {
  const files: StatusPageFiles['files'] = [];
  for (const [path, make] of site) {
    try {
      const content = await make();
      files.push({ path, type: mediaTypeOf(path), ...writtenOf(content) });
    } catch (error) {
      if (!isEvidence(path)) throw error;
      if (!isTrustMonitorError(error, 'evidence.pending')) onFault(path, error);
    }
  }
  return files;
}

function writtenOf(content: Content): Pick<StatusPageFiles['files'][number], 'text' | 'encoding'> {
  if (typeof content === 'string') return { text: content };
  return { text: Buffer.from(content).toString('base64'), encoding: 'base64' };
}
