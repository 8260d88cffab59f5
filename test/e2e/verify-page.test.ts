/** The verifier as a page, in a real browser, as a saved file and as a server serves it. */
import { execFileSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { PPM } from '@trustmonitor/protocol';
import { readVerifyPage } from '@trustmonitor/evidence/node';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { incidentFixture } from '../../packages/evidence/test/fixture/incident.ts';
import { reportFile } from '../../packages/evidence/test/fixture/uptime.ts';
import { findChromium, startChromium } from '../support/chromium.ts';

const BUILD_PAGE = resolve(import.meta.dirname, '../../scripts/build-page.mjs');

const executablePath = findChromium();

const { bytes, net } = incidentFixture();
const bundle = Buffer.from(bytes);
const rootText = JSON.stringify(net.root);
const asFile = (name: string, buffer: Buffer) => ({ name, mimeType: 'application/json', buffer });
const ROOT = asFile('root.json', Buffer.from(rootText));
const GOOD = asFile('bundle.json', bundle);
const TAMPERED = asFile(
  'tampered.json',
  Buffer.from(bundle.toString('utf8').replace(/durationMs\\":84/, 'durationMs\\":85')),
);
const REPORT = asFile('report.json', Buffer.from(reportFile(net, [bytes])));
const MENDED = asFile(
  'mended.json',
  Buffer.from(
    reportFile(net, [bytes], (predicate) => ({
      ...predicate,
      figure: { ...predicate.figure, availabilityPpm: PPM },
    })),
  ),
);
const RUBBISH = asFile('rubbish.json', Buffer.from('no bundle at all'));

describe.skipIf(executablePath === null)('the verifier page', { timeout: 60_000 }, () => {
  let browser: Browser;
  let folder: string;
  let file: string;

  beforeAll(async () => {
    execFileSync(process.execPath, [BUILD_PAGE]);
    folder = await mkdtemp(join(tmpdir(), 'tm-e2e-page-'));
    file = join(folder, 'verify.html');
    await writeFile(file, await readVerifyPage());
    browser = await startChromium(executablePath ?? '');
  }, 300_000);
  afterAll(async () => {
    await browser.close();
    await rm(folder, { recursive: true });
  });

  /** A page that fails the test when it throws or asks for anything but itself. */
  async function open(url = pathToFileURL(file).href): Promise<Page> {
    const page = await browser.newPage();
    const asked: string[] = [];
    page.on('request', (request) => asked.push(request.url()));
    page.on('pageerror', (error) => asked.push(error.message));
    await page.goto(url);
    expect(asked).toEqual([url]);
    return page;
  }

  /** A page answers when it has read the file and verified it, not when it is given it. */
  const PATIENT = { timeout: 20_000, interval: 50 };
  const titleOf = (page: Page) => page.locator('#verdict').textContent();
  const failedIn = async (page: Page) =>
    Promise.all(
      (await page.locator('.checks .fail').all()).map((item) => item.getAttribute('data-code')),
    );

  test('verifies a good bundle, and says what that leaves open', async () => {
    const page = await open();
    expect(await page.locator('#result').isVisible()).toBe(false);
    await page.setInputFiles('#root-file', ROOT);
    await expect
      .poll(() => page.locator('#root-state').textContent(), PATIENT)
      .toContain('Network acme, 1 of 1');
    await page.setInputFiles('#bundle-file', GOOD);
    await expect.poll(() => titleOf(page), PATIENT).toBe('Verified');
    expect(await page.locator('.checks .pass').count()).toBeGreaterThan(12);
    // This network has no log: what could not be checked bears no tick.
    expect(await page.locator('.checks .skip').count()).toBe(5);
    expect(await failedIn(page)).toEqual([]);
    const text = (await page.locator('#result').textContent()) ?? '';
    expect(text).toMatch(/What it says.*Target.*https:\/\/shop\.example\/checkout/);
    expect(text).toContain('that the agents told the truth');
    expect(await page.evaluate('document.activeElement.id')).toBe('verdict');
  });

  test('verifies an uptime report, and refuses one whose figure was mended', async () => {
    const page = await open();
    await page.setInputFiles('#root-file', ROOT);
    await page.setInputFiles('#bundle-file', REPORT);
    await expect.poll(() => titleOf(page), PATIENT).toBe('Verified');
    const text = (await page.locator('#result').textContent()) ?? '';
    expect(text).toMatch(/Uptime\d+\.\d{4} %, rounded down/);
    expect(text).toContain('What this takes on trust');
    await page.setInputFiles('#bundle-file', MENDED);
    await expect.poll(() => titleOf(page), PATIENT).toBe('Not verified');
    expect(await failedIn(page)).toEqual(['report.figure']);
    expect(await page.locator('#result').textContent()).not.toContain('rounded down');
  });

  test('names the check that a tampered bundle fails, and shows nothing that it says', async () => {
    const page = await open();
    await page.setInputFiles('#bundle-file', TAMPERED);
    await page.setInputFiles('#root-file', ROOT);
    await expect.poll(() => titleOf(page), PATIENT).toBe('Not verified');
    expect(await failedIn(page)).toEqual([expect.stringMatching(/^votes\./)]);
    expect(await page.locator('.checks .skip').count()).toBeGreaterThan(0);
    expect(await page.locator('#result').textContent()).not.toContain('What it says');
    // Then a good one: nothing of the first is left.
    await page.setInputFiles('#bundle-file', GOOD);
    await expect.poll(() => titleOf(page), PATIENT).toBe('Verified');
  });

  test('tells rubbish from a bundle, and from a root file', async () => {
    const page = await open();
    await page.setInputFiles('#root-file', RUBBISH);
    await expect
      .poll(() => page.locator('#root-state').textContent(), PATIENT)
      .toContain('Not a root file');
    await page.setInputFiles('#bundle-file', GOOD);
    expect(await page.locator('#result').isVisible()).toBe(false);
    await page.setInputFiles('#root-file', ROOT);
    await page.setInputFiles('#bundle-file', RUBBISH);
    await expect.poll(() => titleOf(page), PATIENT).toBe('Not an evidence bundle');
  });

  test('takes a bundle that is dropped, and a root that is pasted, by keyboard', async () => {
    const page = await open();
    const dropped = await page.evaluateHandle(`(() => {
      const transfer = new DataTransfer();
      const text = ${JSON.stringify(bundle.toString('utf8'))};
      transfer.items.add(new File([text], 'dropped.json'));
      return transfer;
    })()`);
    await page.dispatchEvent('#bundle-panel', 'drop', { dataTransfer: dropped });
    expect(await page.locator('#bundle-state').textContent()).toContain('dropped.json');
    await page.focus('#root-panel summary');
    await page.keyboard.press('Enter');
    await page.keyboard.press('Tab');
    await page.keyboard.insertText(rootText);
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    await expect.poll(() => titleOf(page), PATIENT).toBe('Verified');
  });

  test('fits a phone, in the light and in the dark', async () => {
    const page = await open();
    await page.setViewportSize({ width: 360, height: 740 });
    await page.setInputFiles('#root-file', ROOT);
    await page.setInputFiles('#bundle-file', GOOD);
    const grounds: unknown[] = [];
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme });
      expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(360);
      grounds.push(await page.evaluate('getComputedStyle(document.body).backgroundColor'));
    }
    expect(grounds[0]).not.toBe(grounds[1]);
  });

  test('may run nothing but itself: no inline script, no eval, no foreign host', async () => {
    const page = await open();
    const tried = await page.evaluate(`(async () => {
      const script = document.createElement('script');
      script.textContent = 'window.wasRun = true';
      document.body.append(script);
      const fetched = await fetch('https://example.com/').then(() => 'answered', () => 'refused');
      return { wasRun: 'wasRun' in window, fetched };
    })()`);
    expect(tried).toEqual({ wasRun: false, fetched: 'refused' });
    await page.setInputFiles('#root-file', ROOT);
    await page.setInputFiles('#bundle-file', GOOD);
    // The schemas are checked without generated code, and come to the same.
    await expect.poll(() => titleOf(page), PATIENT).toBe('Verified');
  });

  test("takes a server's root only as what it is: unverified", async () => {
    const html = await readVerifyPage();
    const server = createServer((request, response) => {
      if (request.url === '/v1/keys/root') response.end(rootText);
      else response.setHeader('content-type', 'text/html; charset=utf-8').end(html);
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const page = await open(`http://127.0.0.1:${(server.address() as AddressInfo).port}/verify`);
    await page.click('#server-root summary');
    await page.click('#root-server');
    await page.setInputFiles('#bundle-file', GOOD);
    await page.locator('#verdict').waitFor();
    await expect
      .poll(() => titleOf(page), PATIENT)
      .toBe('Consistent, but nobody you trust vouches for it');
    expect(await page.locator('.banner.pass').count()).toBe(0);
    server.closeAllConnections();
    server.close();
  });
});
