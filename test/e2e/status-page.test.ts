/** The public page in a real browser: without scripts, on a phone, in the dark, and when it changes. */
import { createServer, type Server } from 'node:http';
import { mkdir, readFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { once } from 'node:events';
import { join } from 'node:path';
import { BUNDLE_MEDIA_TYPE } from '@trustmonitor/protocol';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { mediaTypeOf, siteOf, type Site } from '../../packages/coordinator/src/status-page/site.ts';
import { DAY_MS, pageView } from '../../packages/coordinator/src/status-page/view.ts';
import { testNetwork } from '../../packages/coordinator/test/support/network.ts';
import { violationsIn } from '../support/axe.ts';
import { SCREENSHOTS, findChromium, startChromium } from '../support/chromium.ts';

const executablePath = findChromium();
const NOW = Date.UTC(2026, 10, 21, 12);
const TODAY = Date.UTC(2026, 10, 21);
const NAMES = ['Checkout', 'Catalogue', 'Search', 'Accounts & <sign-in>'];

function viewOf(verdict: 'up' | 'down') {
  const monitors = NAMES.map((name, i) => ({
    ...{ id: `m${i}`, name, group: null, labels: {}, verdict: i === 0 ? verdict : 'up' },
    createdAt: new Date(TODAY - 60 * DAY_MS),
  }));
  const days = monitors.flatMap(({ id: monitor }, i) =>
    Array.from({ length: 60 - 10 * i }, (_, ago) => ({
      ...{ monitor, day: new Date(TODAY - ago * DAY_MS), degraded: 0, partial: 0, unknown: 0 },
      ...{ up: DAY_MS, down: (ago + i) % 17 === 3 ? 900_000 : 0 },
    })),
  );
  const incident = {
    ...{ id: '01980f5e-2b7c-7d3a-9c41-5f0e8a6b2d17', monitor: 'm0', kind: 'down' as const },
    ...{ openedAt: new Date(NOW - 600_000), regionsDown: 3, regions: 3 },
    resolvedAt: verdict === 'up' ? new Date(NOW) : null,
    steps: [
      {
        ...{ at: new Date(NOW - 590_000).toISOString(), step: 'open' as const },
        ...{ verdict: 'down' as const, digest: 'ab'.repeat(32) },
      },
    ],
    notes: [],
  };
  const window = {
    ...{ id: 'w', fromMs: NOW + DAY_MS, untilMs: NOW + DAY_MS + 3_600_000 },
    ...{ reason: 'New disks', selector: { monitors: ['m1'] } },
    ...{ announcedAtMs: NOW - DAY_MS, monitors: ['m1'] },
  };
  const page = { id: 'shop', title: 'The shop', groups: [{ name: 'Services', select: {} }] };
  return pageView(
    page,
    { monitors, days, incidents: [incident], windows: [window], past: [] },
    NOW,
  );
}

describe.skipIf(executablePath === null)('the public page', { timeout: 60_000 }, () => {
  let browser: Browser;
  let server: Server;
  let url: string;
  let site: Site;
  const asked: string[] = [];
  const become = async (verdict: 'up' | 'down'): Promise<void> => {
    const file = join(import.meta.dirname, '../../packages/coordinator/pages/status-live.js');
    // Renewed sooner than people need it.
    const script = (await readFile(file, 'utf8')).replace('30_000', '100');
    const none = () => Promise.resolve('');
    const parts = {
      base: url,
      script: () => Promise.resolve(script),
      verifier: none,
      evidence: none,
      isProven: () => Promise.resolve(true),
    };
    site = siteOf(viewOf(verdict), parts);
  };

  beforeAll(async () => {
    if (SCREENSHOTS !== '') await mkdir(SCREENSHOTS, { recursive: true });
    server = createServer((request, response) => {
      asked.push(request.url ?? '');
      const path = (request.url ?? '').slice(1) || 'index.html';
      const make = site.get(path);
      response.writeHead(make === undefined ? 404 : 200, {
        'content-type': make === undefined ? 'text/plain' : mediaTypeOf(path),
        'content-security-policy':
          "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'",
      });
      void Promise.resolve(make?.()).then((text) => response.end(text));
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
    browser = await startChromium(executablePath ?? '');
  }, 60_000);
  afterAll(async () => {
    await browser.close();
    server.closeAllConnections();
    server.close();
  });

  test('is whole without any script, on a phone and in the dark', async () => {
    await become('down');
    for (const colorScheme of ['light', 'dark'] as const) {
      const page = await browser.newPage({
        ...{ javaScriptEnabled: false, colorScheme, viewport: { width: 360, height: 800 } },
      });
      await page.goto(url);
      expect(await page.locator('[role=status]').textContent()).toContain('Some systems are down');
      expect(await page.locator('.components li').count()).toBe(NAMES.length);
      expect(await page.locator('b', { hasText: 'Accounts & <sign-in>' }).count()).toBe(1);
      const bars = await page.locator('.components svg').first().boundingBox();
      expect(bars?.width).toBeGreaterThan(250);
      expect(bars!.x + bars!.width).toBeLessThanOrEqual(360);
      if (SCREENSHOTS !== '') {
        await page.screenshot({
          path: join(SCREENSHOTS, `status-${colorScheme}.png`),
          fullPage: true,
        });
      }
      await page.getByRole('link', { name: 'Verify this incident' }).first().click();
      expect(await page.locator('#verify').isVisible()).toBe(true);
      await page.close();
    }
  });

  test('asks its own server only, and shows what changes without being loaded anew', async () => {
    await become('down');
    asked.length = 0;
    const page = await browser.newPage();
    const faults: string[] = [];
    page.on('pageerror', (error) => faults.push(error.message));
    page.on('console', (message) => {
      if (message.type() === 'error') faults.push(message.text());
    });
    page.on('request', (request) => {
      if (!request.url().startsWith(url)) faults.push(request.url());
    });
    await page.goto(url);
    await become('up');
    await page.getByText('All systems operational').waitFor();
    // The browser asks for an icon by itself.
    expect(faults.filter((text) => !text.includes('404'))).toEqual([]);
    await page.close();
  });

  test('has feeds that a browser can parse', async () => {
    await become('down');
    const page = await browser.newPage();
    await page.goto(url);
    for (const path of ['feed.atom', 'feed.rss', 'badge.svg']) {
      const faults = await page.evaluate(
        `fetch('${path}').then((r) => r.text()).then((text) =>
           new DOMParser().parseFromString(text, 'text/xml').querySelectorAll('parsererror').length)`,
      );
      expect([path, faults]).toEqual([path, 0]);
    }
    await page.close();
  });
});

describe.skipIf(executablePath === null)(
  'the page of a coordinator',
  { timeout: 120_000 },
  async () => {
    const network = await testNetwork();
    await network.start();
    const { api } = network;
    let browser: Browser;
    let paths: string[];
    beforeAll(async () => {
      browser = await startChromium(executablePath ?? '');
      network.voteAll('broken', 'up');
      await api.create('broken');
      await api.verdict('broken', 'up');
      network.voteAll('broken', 'down');
      const { id } = await api.incidentOf('broken', 'open');
      const note = { note: 'We know why, and mend it', public: true };
      await api.call('POST', `/v1/incidents/${id}/notes`, { body: note });
      const colours = { light: { background: '#fff8e1', text: '#3e2723' } };
      const page = { id: 'shop', title: 'The shop', colours, evidence: true };
      const body = { ...page, groups: [{ name: 'Services', select: {} }] };
      await api.call('PUT', '/v1/status-pages/shop', { body });
      paths = ['', 'history.html', `incidents/${id}.html`];
    }, 120_000);
    afterAll(() => browser.close());

    test.each(['light', 'dark'] as const)(
      'can be used by anybody, in the %s',
      async (colorScheme) => {
        const context = await browser.newContext({
          colorScheme,
          viewport: { width: 390, height: 844 },
        });
        const page = await context.newPage();
        const faults = faultsOf(page);
        for (const path of paths) {
          await page.goto(`${api.url}/status/shop/${path}`);
          expect(await page.locator('main').textContent()).toContain('We know why, and mend it');
          expect([path, await violationsIn(page)]).toEqual([path, []]);
          expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(
            390,
          );
          if (SCREENSHOTS === '') continue;
          const name = path === '' ? 'index' : (path.split(/[/.]/)[0] ?? '');
          const file = join(SCREENSHOTS, `status-real-${name}-${colorScheme}.png`);
          await page.screenshot({ path: file, fullPage: true });
        }
        expect(faults).toEqual([]);
        await context.close();
      },
    );

    test('is read and walked through without any script, from the first page to the proof', async () => {
      const context = await browser.newContext({ javaScriptEnabled: false });
      const page = await context.newPage();
      await page.goto(`${api.url}/status`);
      expect(page.url()).toBe(`${api.url}/status/shop/`);
      expect(await page.locator('[role=status]').textContent()).toContain('Some systems are down');
      await page.getByRole('link', { name: 'All of the last 90 days' }).click();
      await page.getByRole('link', { name: 'Verify this incident' }).click();
      expect(await page.locator('.steps').textContent()).toContain('Confirmed and recorded: down.');
      const download = page.waitForEvent('download');
      await page.getByRole('link', { name: 'the evidence' }).click();
      const bundle = await readFile(await (await download).path(), 'utf8');
      expect(JSON.parse(bundle)).toMatchObject({ mediaType: BUNDLE_MEDIA_TYPE });
      await context.close();
    });
  },
);

/** What no page should ever do: fail, break its policy, ask another server. */
function faultsOf(page: Page): string[] {
  const faults: string[] = [];
  page.on('pageerror', (error) => faults.push(error.message));
  page.on('console', (message) => {
    // The browser asks for an icon by itself.
    const isIcon = message.location().url.endsWith('/favicon.ico');
    if (message.type() === 'error' && !isIcon) faults.push(message.text());
  });
  page.on('request', (request) => {
    const isOwn = new URL(request.url()).origin === new URL(page.url()).origin;
    if (!isOwn && page.url() !== 'about:blank') faults.push(request.url());
  });
  return faults;
}
