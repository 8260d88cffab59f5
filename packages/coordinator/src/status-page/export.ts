/** All files of a page at once, for a host that goes on when this one does not. */
import type { StatusPage, StatusPageFiles } from '@trustmonitor/protocol';
import { loadSite, type LoadParts } from './load.ts';
import { mediaTypeOf } from './site.ts';

export async function filesToExport(
  page: StatusPage,
  base: string,
  parts: LoadParts,
): Promise<StatusPageFiles> {
  const { site } = await loadSite(page, base, parts);
  const files: StatusPageFiles['files'] = [];
  for (const [path, make] of site) {
    files.push({ path, type: mediaTypeOf(path), text: await make() });
  }
  return { base, files };
}
