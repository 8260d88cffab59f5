/** Debian's Chromium for tests of pages. */
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { chromium, type Browser } from 'playwright-core';

const CHROMIUM = '/usr/bin/chromium';

/** A folder for pictures of pages, for people to look at; where nobody works, they are kept. Or ''. */
export const SCREENSHOTS =
  process.env['TM_SCREENSHOTS'] ??
  (process.env['CI'] === undefined ? '' : resolve(import.meta.dirname, '../../.cache/screenshots'));

/** Installed where this may be done; null where tests of pages are to be skipped, which it says. */
export function findChromium(): string | null {
  if (existsSync(CHROMIUM)) return CHROMIUM;
  if (process.getuid?.() === 0) {
    try {
      execFileSync('apt-get', ['install', '-y', '--no-install-recommends', 'chromium'], {
        stdio: 'ignore',
        timeout: 240_000,
      });
    } catch {
      // Said below.
    }
  }
  if (existsSync(CHROMIUM)) return CHROMIUM;
  process.stderr.write(`Pages are not tested: ${CHROMIUM} is missing (apt-get install chromium)\n`);
  return null;
}

export function startChromium(executablePath: string): Promise<Browser> {
  return chromium.launch({
    executablePath,
    args: process.getuid?.() === 0 ? ['--no-sandbox'] : [],
  });
}
