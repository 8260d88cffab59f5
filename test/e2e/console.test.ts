/** The console in a real browser on a real stack: from an empty system to verified evidence of an outage. */
import { execFileSync } from 'node:child_process';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { SignInCode } from '@trustmonitor/protocol';
import { CLIENT, startIdentityProvider } from '@trustmonitor/testkit/identity';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { violationsIn } from '../support/axe.ts';
import { SCREENSHOTS, findChromium, startChromium } from '../support/chromium.ts';
import { fillPages, pagesOf } from '../support/console-pages.ts';
import { showLogsOnFailure, startNetwork } from '../support/network.ts';
import { startTarget } from '../support/target.ts';
import { until } from '../support/until.ts';

const executablePath = findChromium();
const ROOT = resolve(import.meta.dirname, '../..');
const REGIONS = ['ap-south', 'eu-west', 'us-east'];
/** A starved machine is no reason to fail. */
const PATIENCE_MS = 60_000;
const DESKTOP = { width: 1360, height: 900 };
const PHONE = { width: 390, height: 844 };

async function picture(page: Page, name: string): Promise<void> {
  if (SCREENSHOTS === '') return;
  await page.screenshot({ path: join(SCREENSHOTS, `console-${name}.png`), fullPage: true });
}

describe('the console', { timeout: 240_000 }, async () => {
  if (executablePath === null) {
    // Nothing is started, and the report says why.
    test('in a browser', (context) => context.skip('there is no chromium here'));
    return;
  }
  execFileSync(process.execPath, [join(ROOT, 'scripts/build-console.mjs')]);
  const redirects: string[] = [];
  const provider = await startIdentityProvider(redirects);
  const network = await startNetwork({
    members: REGIONS.map((region) => ({ region, group: `provider-${region}` })),
    env: (name) =>
      name !== 'coordinator'
        ? {}
        : {
            TM_OIDC_ISSUER: provider.issuer,
            TM_OIDC_CLIENT_ID: CLIENT.id,
            TM_OIDC_CLIENT_SECRET: CLIENT.secret,
            TM_OIDC_NAME: 'Acme',
            TM_OIDC_ADMINS: 'ada@example.com',
          },
  });
  const { api } = network;
  redirects.push(`${api.url}/v1/session/oidc/callback`);
  const target = await startTarget();
  let browser: Browser;
  let context: BrowserContext;
  let page: Page;
  /** What no page should ever do. */
  const faults: string[] = [];
  /** Of this machine, in ms; kept beside the screenshots, as no test goes by them. */
  const figures: Record<string, number> = {};

  beforeAll(async () => {
    if (SCREENSHOTS !== '') await mkdir(SCREENSHOTS, { recursive: true });
    browser = await startChromium(executablePath);
    context = await browser.newContext({ viewport: DESKTOP });
    context.setDefaultTimeout(PATIENCE_MS);
    page = await context.newPage();
    watch(page);
  });
  afterAll(async () => {
    await browser.close();
    await target.close();
    await provider.close();
    const text = JSON.stringify(figures, null, 2);
    if (SCREENSHOTS !== '') await writeFile(join(SCREENSHOTS, 'console-figures.json'), text);
  });
  beforeEach(() => showLogsOnFailure(network, REGIONS));

  /** On the map, and in words beside it. */
  async function mapShows(tone: string): Promise<void> {
    for (const region of REGIONS) {
      await page.locator(`[data-map-region="${region}"].tone-${tone}`).waitFor();
      await page.locator(`.map-list [data-region="${region}"].tone-${tone}`).waitFor();
    }
  }

  function watch(watched: Page): void {
    watched.on('pageerror', (error) => faults.push(error.message));
    watched.on('request', (request) => {
      const url = request.url();
      if (!url.startsWith(api.url) && !url.startsWith('blob:')) faults.push(url);
    });
    watched.on('console', (message) => {
      // An answer that is not there yet is an error to the browser alone.
      const isAnswer = message.text().startsWith('Failed to load resource');
      if (message.type() === 'error' && !isAnswer) faults.push(message.text());
    });
  }

  test('signs in by a link, once, and keeps its secret out of the address and of scripts', async () => {
    await page.goto(`${api.url}/incidents`);
    await page.getByRole('heading', { name: 'Sign in' }).waitFor();
    await page.getByRole('link', { name: 'Sign in with Acme' }).waitFor();
    figures['first-contentful-paint'] = await page.evaluate<number>(
      `performance.getEntriesByName('first-contentful-paint')[0].startTime`,
    );
    await picture(page, 'sign-in-1360-light');
    expect(await violationsIn(page)).toEqual([]);
    const { body } = await api.call<SignInCode>('POST', '/v1/session/codes');
    await page.goto(`${api.url}/#sign-in=${body.code}`);
    await page.getByRole('heading', { name: 'What shall be watched?' }).waitFor();
    expect(page.url()).toBe(`${api.url}/`);
    expect(await page.evaluate('document.cookie')).toBe('');
  });

  test('lets in whom the identity provider vouches for, from another site, and nobody else', async () => {
    for (const [email, heading] of [
      ['ada@example.com', 'Regions and agents'],
      ['eve@example.com', 'Sign in'],
    ] as const) {
      provider.become(email, { email, email_verified: true });
      const own = await browser.newContext({ viewport: PHONE });
      const visit = await own.newPage();
      await visit.goto(`${api.url}/regions`);
      await visit.getByRole('link', { name: 'Sign in with Acme' }).click();
      await visit.getByRole('heading', { name: heading }).waitFor();
      if (heading === 'Sign in') await visit.getByText('nobody has let you in here').waitFor();
      await own.close();
    }
  });

  test('watches a URL, and shows it going down without being loaded anew', async () => {
    await page.getByLabel('URL').fill(target.url);
    const clickedMs = performance.now();
    await page.getByRole('button', { name: 'Watch it' }).click();
    for (const region of REGIONS) {
      await page.locator(`[data-region="${region}"].tone-up`).waitFor();
    }
    figures['url-to-votes-of-three-regions'] = performance.now() - clickedMs;
    const [id = ''] = page.url().split('/').slice(-1);
    // As often as a test has patience for.
    const { status } = await api.call('PUT', `/v1/monitors/${id}`, {
      name: 'Shop',
      url: target.url,
      interval: '1s',
      confirm: { rounds: 2, after: '1s' },
    });
    expect(status).toBe(200);
    await page.getByRole('link', { name: 'Overview' }).first().click();
    await page.getByRole('heading', { name: 'Everything is up' }).waitFor();
    figures['url-to-verdict'] = performance.now() - clickedMs;
    await mapShows('up');
    target.fail('all');
    await page.getByRole('heading', { name: '1 monitor down' }).waitFor();
    await mapShows('down');
  });

  test('shows who voted what, and what each of them saw', async () => {
    await page.getByRole('link', { name: 'incident', exact: true }).click();
    await page.getByText('Incident opened, record signed').waitFor();
    await page.getByText(/cosigned by 3 witnesses/).waitFor();
    const cells = page.getByRole('button', { name: /^eu-west, round of .*: down$/ });
    await cells.first().click();
    const seen = page.getByRole('region', { name: 'What eu-west saw' });
    await seen.getByText('Attempt 1').first().waitFor();
    expect(await seen.textContent()).toMatch(/server_error.*503.*127\.0\.0\.1/);
    await page.getByRole('button', { name: 'Acknowledge' }).click();
    await page.getByLabel('Note (optional)').fill('We are on it');
    await page.locator('form').getByRole('button', { name: 'Acknowledge' }).click();
    await page.getByText('We are on it').waitFor();
  });

  test('verifies the evidence, by whose word, and finds a lie out', async () => {
    await page.getByRole('link', { name: 'Verify the evidence' }).click();
    await page.locator('[data-verdict="caution"]').waitFor();
    await page.getByLabel('Root file (JSON)').fill(await readFile(network.rootFile, 'utf8'));
    await page.getByRole('button', { name: 'Pin it' }).click();
    await page.locator('[data-verdict="good"]').waitFor();
    expect(await page.locator('.checks li.pass').count()).toBeGreaterThan(18);
    for (const [lie, code] of [
      ['Turn a vote around', 'votes.inclusion'],
      ['Flip one bit of the signature', 'record.signature'],
      ['Move the beginning', 'record.signature'],
    ] as const) {
      await page.getByRole('button', { name: lie }).click();
      await page.locator('[data-verdict="bad"]').waitFor();
      const failed = page.locator('.checks li.fail');
      expect([lie, await failed.getAttribute('data-code')]).toEqual([lie, code]);
      await page.getByRole('button', { name: 'Put it back' }).click();
      await page.locator('[data-verdict="good"]').waitFor();
    }
  });

  test('shows the recovery', async () => {
    await page.goBack();
    target.fail([]);
    await page.getByText('Recovered, record signed').waitFor();
    await page.getByText('resolved', { exact: true }).waitFor();
    expect(faults).toEqual([]);
  });

  test('drains a region for planned work, and undrains it', async () => {
    await page.goto(`${api.url}/regions`);
    const card = page.locator('.region-cards .card', { hasText: 'eu-west' });
    await card.getByText('Drain it for planned work').click();
    await card.getByLabel('Reason').fill('new switches');
    await card.getByRole('button', { name: 'Drain' }).click();
    await card.getByText(/drained by .*: new switches/).waitFor();
    expect(await violationsIn(page)).toEqual([]);
    await card.getByRole('button', { name: 'Undrain' }).click();
    await card.getByText('Drain it for planned work').waitFor();
  });

  async function everyRegionSaysUp(): Promise<void> {
    for (const region of REGIONS)
      await page.locator(`[data-checked="${region}"].tone-up`).waitFor();
  }

  test('asks something once, of every region, as each reports', async () => {
    await page.goto(`${api.url}/check`);
    await page.getByLabel('URL').fill(target.url);
    await page.getByRole('button', { name: 'Ask all regions' }).click();
    await everyRegionSaysUp();
    expect(await violationsIn(page)).toEqual([]);
    expect((await api.call<{ data: unknown[] }>('GET', '/v1/monitors')).body.data).toHaveLength(1);
  });

  test('tries a copy from its regions before it is watched, and pauses and deletes it', async () => {
    await page.goto(`${api.url}/monitors/${(await monitorId()) ?? ''}`);
    await page.getByRole('link', { name: 'Clone' }).click();
    await page.getByLabel('Name').fill('Shop, the other');
    await page.getByRole('button', { name: /^Test from/ }).click();
    await everyRegionSaysUp();
    await page.getByRole('button', { name: 'Watch it' }).click();
    await page.waitForURL('**/monitors/shop-the-other');
    await page.getByRole('button', { name: 'Pause' }).click();
    await page.getByRole('button', { name: 'Resume' }).waitFor();
    await page.getByRole('button', { name: 'Delete' }).click();
    await page.getByRole('button', { name: 'Yes' }).click();
    await page.waitForURL(`${api.url}/`);
  });

  test('holds the log to the checkpoint that it saw', async () => {
    await page.goto(`${api.url}/transparency`);
    await page.getByRole('button', { name: 'Check consistency' }).click();
    await page.locator('[data-consistency="holds"]').waitFor();
    await fillPages(api, (await monitorId()) ?? '');
  });

  test('makes and changes a public page as YAML', async () => {
    await page.goto(`${api.url}/settings`);
    await page.getByRole('button', { name: 'Edit shop' }).click();
    const yaml = page.getByLabel('shop (YAML)');
    await yaml.fill((await yaml.inputValue()).replace('The shop', 'The shop, renamed'));
    await page.getByRole('button', { name: 'Save the page' }).click();
    await page.getByText('The shop, renamed').waitFor();
    await page.getByRole('button', { name: 'New status page' }).click();
    await page.getByRole('button', { name: 'Begin with an example' }).click();
    await page.getByRole('button', { name: 'Save the page' }).click();
    // The example's id is taken by now: nothing is overwritten that was not seen.
    await page.locator('.yaml-form [role="alert"]').waitFor();
    await page.getByRole('button', { name: 'Cancel' }).click();
    expect((await api.call<{ title: string }>('GET', '/v1/status-pages/shop')).body.title).toBe(
      'The shop, renamed',
    );
  });

  test.each(['light', 'dark'] as const)('hinders nobody, in %s', async (colorScheme) => {
    const monitor = (await monitorId()) ?? '';
    const [incident] = (await api.incidents(monitor)).data;
    const state = await context.storageState();
    const own = await browser.newContext({ colorScheme, viewport: DESKTOP, storageState: state });
    const looked = await own.newPage();
    watch(looked);
    for (const [name, path] of pagesOf({ incident: incident?.id ?? '', monitor })) {
      await looked.setViewportSize(DESKTOP);
      await looked.goto(api.url + path);
      await looked.locator('main h1').waitFor();
      await until(`${name} to be read`, async () =>
        (await looked.locator('.loading').count()) === 0 ? true : null,
      );
      expect([name, await violationsIn(looked)]).toEqual([name, []]);
      for (const viewport of [DESKTOP, PHONE]) {
        await looked.setViewportSize(viewport);
        await picture(looked, `${name}-${viewport.width}-${colorScheme}`);
        const overflow = await looked.evaluate('document.documentElement.scrollWidth - innerWidth');
        expect([name, viewport.width, overflow]).toEqual([name, viewport.width, 0]);
      }
    }
    await own.close();
    expect(faults).toEqual([]);
  });

  test('signs out', async () => {
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.getByRole('heading', { name: 'Sign in' }).waitFor();
    await page.reload();
    await page.getByRole('heading', { name: 'Sign in' }).waitFor();
  });

  const monitorId = async () =>
    (await api.call<{ data: { id: string }[] }>('GET', '/v1/monitors')).body.data[0]?.id;
});
