/** All files of a page at once, for a host that goes on when this one does not. */
import { isTrustMonitorError, type StatusPage, type StatusPageFiles } from '@trustmonitor/protocol';
import { loadSite, type LoadParts } from './load.ts';
import { mediaTypeOf, type Site } from './site.ts';

export async function filesToExport(
  page: StatusPage,
  base: string,
  parts: LoadParts,
): Promise<StatusPageFiles> {
  const { site } = await loadSite(page, base, parts);
  return { base, files: await filesOf(site) };
}

/**
 * A bundle that waits for its witnesses is left out, and the page of its incident says so: the page must
 * never stay as it was because of its evidence.
 */
export async function filesOf(site: Site): Promise<StatusPageFiles['files']> {
  const files: StatusPageFiles['files'] = [];
  for (const [path, make] of site) {
    try {
      files.push({ path, type: mediaTypeOf(path), text: await make() });
    } catch (error) {
      if (!isTrustMonitorError(error, 'evidence.pending')) throw error;
    }
  }
  return files;
}
