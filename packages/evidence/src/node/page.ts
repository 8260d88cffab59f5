/** The verifier as a page: one HTML file, built from `page/` by scripts/build-page.mjs. */
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { TrustMonitorError } from '@trustmonitor/protocol';

/** Throws `not_found` in a checkout that was compiled without its page. */
export async function readVerifyPage(): Promise<Uint8Array> {
  try {
    // By its public name: it is in the same place whether this runs from sources or compiled.
    const path = createRequire(import.meta.url).resolve('@trustmonitor/evidence/page');
    return await readFile(path);
  } catch (cause) {
    throw new TrustMonitorError('not_found', 'the verifier page has not been built', {
      hint: 'build it with `npm run build`',
      cause,
    });
  }
}
