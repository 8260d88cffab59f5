/**
 * The console's forms in a real browser, against answers that stand here: what they send, and that
 * nobody's work is lost. The console on a real stack is in console.test.ts.
 */
import { execFileSync } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { extname, join, resolve } from 'node:path';
import { completeMonitor, monitorInputParser, type MonitorInput } from '@trustmonitor/protocol';
import type { Browser, Page, Route } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { findChromium, startChromium } from '../support/chromium.ts';

const executablePath = findChromium();
const ROOT = resolve(import.meta.dirname, '../..');
const SITE = join(ROOT, 'packages/console/dist');
const ORIGIN = 'http://console.test';
/** A starved machine is no reason to fail. */
const PATIENCE_MS = 60_000;

interface Sent {
  readonly method: string;
  readonly path: string;
  readonly ifMatch: string | undefined;
  readonly body: unknown;
}

interface Answer {
  readonly body: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

describe('a form', { timeout: 240_000 }, () => {
  if (executablePath === null) {
    test('in a browser', (context) => context.skip('there is no chromium here'));
    return;
  }
  execFileSync(process.execPath, [join(ROOT, 'scripts/build-console.mjs')]);
  let browser: Browser;
  let page: Page;
  const sent: Sent[] = [];
  /** What the server has, by path. */
  const answers = new Map<string, () => Answer>();
  const monitor = {
    revision: 1,
    written: { id: 'shop', name: 'Shop', url: 'https://one.example' },
  };

  beforeAll(async () => {
    browser = await startChromium(executablePath);
    const context = await browser.newContext({ baseURL: ORIGIN });
    context.setDefaultTimeout(PATIENCE_MS);
    page = await context.newPage();
    await page.route('**/*', (route) => answer(route));
  });
  afterAll(() => browser.close());
  beforeEach(() => {
    sent.splice(0);
    answers.clear();
    answers.set('/v1/session', () => ({ body: SESSION }));
    answers.set('/v1/monitors/shop', () => ({ body: { id: 'shop', revision: monitor.revision } }));
    // Of any revision: the newest there is.
    answers.set('/v1/monitors/shop/revisions', () => ({
      body: { definition: completeMonitor(monitor.written) },
    }));
  });

  async function answer(route: Route): Promise<void> {
    const request = route.request();
    const { pathname } = new URL(request.url());
    if (pathname === '/v1/events') return route.abort();
    if (!/^\/(v1|\.well-known)\//.test(pathname)) return route.fulfill(await fileOf(pathname));
    if (request.method() !== 'GET') {
      const body: unknown = request.postDataJSON();
      const ifMatch = await request.headerValue('if-match');
      sent.push({ method: request.method(), path: pathname, ifMatch: ifMatch ?? undefined, body });
      // Whose page says that there is none, which is all that is asked of it.
      return route.fulfill({ json: { id: 'saved' } });
    }
    const known = answers.get(pathname.replace(/\/revisions\/\d+$/, '/revisions'));
    if (known === undefined) return route.fulfill({ status: 404, json: {} });
    const { body, headers = {} } = known();
    return route.fulfill({ json: body, headers });
  }

  /** Without loading the console anew: what it has kept is what may be wrong. */
  const go = (path: string) =>
    page.evaluate(
      `history.pushState(null, '', ${JSON.stringify(path)}); dispatchEvent(new Event('console:navigated'))`,
    );
  const yaml = () => page.getByLabel('Monitor', { exact: true }).inputValue();
  const last = () => sent.at(-1)!;

  test('edits what is there now, and saves it over the revision that it shows', async () => {
    await page.goto('/monitors/shop/edit');
    await page.getByLabel('URL').fill('https://two.example');
    await page.getByRole('button', { name: 'Save as a new revision' }).click();
    await page.waitForURL('**/monitors/saved');
    expect(last()).toMatchObject({ ifMatch: '"1"', body: { url: 'https://two.example' } });
    Object.assign(monitor, {
      revision: 2,
      written: { ...monitor.written, url: 'https://two.example' },
    });
    await go('/monitors/shop/edit');
    expect(await page.getByLabel('URL').inputValue()).toBe('https://two.example');
    await page.getByLabel('Group').fill('Web');
    await page.getByRole('button', { name: 'Save as a new revision' }).click();
    await page.waitForURL('**/monitors/saved');
    expect(last()).toMatchObject({
      ...{ ifMatch: '"2"', method: 'PUT' },
      body: { url: 'https://two.example', group: 'Web' },
    });
  });

  test('copies after editing and edits after copying, each as itself', async () => {
    for (const path of [
      '/monitors/new?from=shop',
      '/monitors/shop/edit',
      '/monitors/new?from=shop',
    ]) {
      await go(path);
      const isCopy = path.includes('new');
      await page.getByRole('heading', { name: isCopy ? 'Add a monitor' : 'Edit' }).waitFor();
      const name = isCopy ? 'Shop (copy)' : 'Shop';
      expect([path, await page.getByLabel('Name').inputValue()]).toEqual([path, name]);
      expect([path, (await yaml()).includes('id: shop')]).toEqual([path, !isCopy]);
      await page.getByRole('button', { name: isCopy ? 'Watch it' : 'Save as a new' }).click();
      await page.waitForURL('**/monitors/saved');
      expect(last().method).toBe(isCopy ? 'POST' : 'PUT');
      expect((last().body as MonitorInput).id).toBe(isCopy ? undefined : 'shop');
    }
  });

  test('makes a heartbeat that the server takes', async () => {
    await go('/monitors/new');
    await page.getByLabel('Name').fill('Backup');
    await page.getByLabel('Kind').selectOption('heartbeat');
    await page.getByLabel('Period').fill('1d');
    for (const label of ['Quorum', 'Regions', 'URL', 'Host']) {
      expect([label, await page.getByLabel(label, { exact: true }).count()]).toEqual([label, 0]);
    }
    await page.getByRole('button', { name: 'Watch it' }).click();
    await page.waitForURL('**/monitors/saved');
    const { check } = completeMonitor(monitorInputParser.parse(last().body));
    expect(check).toMatchObject({ type: 'heartbeat', heartbeat: { periodMs: 86_400_000 } });
  });

  test('changes a channel over what was shown, without its secret', async () => {
    const stored = { id: 'ops', type: 'slack', url: { secretRef: 'url' } };
    answers.set('/v1/channels', () => ({ body: { data: [stored], nextCursor: null } }));
    answers.set('/v1/channels/ops', () => ({ body: stored, headers: { etag: '"seen"' } }));
    await go('/notifications');
    const section = page.getByRole('region', { name: 'ops' });
    await section.getByRole('button', { name: 'Change' }).click();
    expect(await section.getByLabel('URL').getAttribute('type')).toBe('password');
    await section.getByRole('button', { name: 'Save it' }).click();
    await section.getByLabel('URL').waitFor({ state: 'detached' });
    expect(last()).toEqual({
      ...{ method: 'PUT', path: '/v1/channels/ops', ifMatch: '"seen"', body: stored },
    });
  });

  test('plans a recurring window, and is empty then', async () => {
    await go('/maintenance');
    const form = page.getByRole('region', { name: 'Plan maintenance' });
    await form.getByLabel('Name').fill('nightly');
    await form.getByLabel('It comes').selectOption('cron');
    await form.getByLabel('Cron').fill('0 3 * * *');
    await form.getByLabel('Duration').fill('1h');
    await form.getByLabel('Time zone').fill('Europe/Berlin');
    await form.getByLabel('Reason').fill('backups');
    await form.getByLabel('With the labels').fill('team=data');
    await form.getByRole('button', { name: 'Announce it' }).click();
    await form.getByLabel('From').waitFor();
    expect(await form.getByLabel('Name').inputValue()).toBe('');
    expect(last().body).toEqual({
      ...{ id: 'nightly', reason: 'backups', uptime: 'excluded' },
      ...{ cron: '0 3 * * *', duration: '1h', timezone: 'Europe/Berlin' },
      selector: { labels: { team: 'data' } },
    });
  });

  test('reads more of the audit log, of what was asked for', async () => {
    const entries = Array.from({ length: 50 }, (_, i) => ({ ...ENTRY, id: String(i) }));
    answers.set('/v1/audit', () => ({ body: { data: entries, nextCursor: 'older' } }));
    await go('/settings');
    await page.getByLabel('Did').fill('monitor.updated');
    await page.getByRole('button', { name: 'Show' }).click();
    await page.waitForURL('**/settings?action=monitor.updated');
    const older = page.waitForRequest((request) => request.url().includes('cursor=older'));
    await page.getByRole('button', { name: 'More audit entries' }).click();
    expect(new URL((await older).url()).searchParams.get('action')).toBe('monitor.updated');
  });
});

const SESSION = { name: 'admin', scopes: ['admin'], network: 'test', expiresAt: null };
const ENTRY = {
  ...{ at: '2026-11-21T12:00:00.000Z', actor: 'admin', address: null },
  ...{ action: 'monitor.updated', subject: 'shop' },
};
const TYPES: Readonly<Record<string, string>> = {
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.svg': 'image/svg+xml',
  '.json': 'application/json',
};

/** Whatever is no file is a page of the console. */
async function fileOf(path: string): Promise<{ body: Buffer; contentType: string }> {
  const type = TYPES[extname(path)];
  const file = type === undefined ? 'index.html' : path;
  return { body: await readFile(join(SITE, file)), contentType: type ?? 'text/html' };
}
