/** The console in a real browser, before a server that is slow, away, renewed, or does not know it any more. */
import { execFileSync } from 'node:child_process';
import { join, resolve } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, describe, test } from 'vitest';
import { findChromium, startChromium } from '../support/chromium.ts';
import { startConsoleServer, type Answer } from '../support/console-server.ts';
import { until } from '../support/until.ts';

const executablePath = findChromium();
const ROOT = resolve(import.meta.dirname, '../..');
const PATIENCE_MS = 60_000;
const MONITORS = 40;
const MINUTE = 60_000;

/** Reason to read all lists again. */
const RELEASED = { type: 'region.released', region: 'eu', at: new Date().toISOString() };

const monitorOf = (id: string, isPending = false) => ({
  ...{ id, name: id.toUpperCase(), group: null, labels: {}, enabled: true, revision: 1 },
  ...{ check: { type: 'http', url: 'https://shop.example/' }, checkDigest: 'a'.repeat(64) },
  ...{ verdict: 'up', shown: { state: isPending ? null : 'up', reason: 'verdict' } },
  ...{ openAnomalies: [], unconfirmed: false, openIncident: null, flapping: null, owner: null },
  ...{ inMaintenance: null, lastRoundAt: null, runbook: null, regions: ['*'], mode: 'all' },
  ...{ policy: { quorum: 'majority', confirmRounds: 2, confirmAfterMs: 1_000 }, intervalMs: 1_000 },
});

const regionOf = (region: string) => ({
  ...{ region, group: region, agents: 1, alive: 1, flagged: 0, agreement: 1 },
  ...{ quarantine: null, location: null },
});

/** Half an hour of minutes in which one region saw it up. */
function historyOf(monitor: string, query: URLSearchParams) {
  const fromMs = Date.parse(query.get('from') ?? '');
  const regions = { eu: { up: 2, down: 0, abstain: 0, slow: 0, latency: null } };
  const buckets = Array.from({ length: 30 }, (_, i) => ({
    at: new Date(fromMs + i * MINUTE).toISOString(),
    ...{ quorum: null, regions },
  }));
  return { monitor, step: query.get('step'), regions: ['eu'], buckets };
}

describe('the console', { timeout: 120_000 }, async () => {
  if (executablePath === null) {
    test('in a browser', (context) => context.skip('there is no chromium here'));
    return;
  }
  execFileSync(process.execPath, [join(ROOT, 'scripts/build-console.mjs')]);
  let isKnown = true;
  let arePending = true;
  const known = new Map<string, () => Answer>([
    ['GET /v1/session/ways', () => ({ oidc: null })],
    ['DELETE /v1/session', () => ({ status: 503, detail: 'The database is away.' })],
    ['GET /v1/regions', () => ({ data: [regionOf('eu'), regionOf('us')], nextCursor: null })],
    [
      'GET /v1/monitors',
      () => {
        const ids = Array.from({ length: MONITORS }, (_, i) => `m${10 + i}`);
        return { data: ids.map((id) => monitorOf(id, arePending)), nextCursor: null };
      },
    ],
  ]);
  const server = await startConsoleServer((request, query) => {
    const session = { name: 'admin', scopes: ['admin'], network: 'e2e', expiresAt: null };
    if (request === 'POST /v1/session') isKnown = true;
    if (!isKnown && !request.endsWith('/ways')) return { status: 401, detail: 'Who is there?' };
    if (request.endsWith('T /v1/session')) return session;
    const [, id = '', view = ''] = /^GET \/v1\/monitors\/(m\d+)\/?(\w*)$/.exec(request) ?? [];
    if (view === 'history') return historyOf(id, query);
    if (view === 'uptime') return { monitor: id, quorum: null, regions: {} };
    if (id !== '' && view === '') return monitorOf(id);
    return known.get(request)?.() ?? { data: [], nextCursor: null };
  });
  const asked = (request: string): number => server.asked.get(request) ?? 0;
  const askedAgain = (request: string) => {
    const before = asked(request);
    return until(`${request} again`, () => Promise.resolve(asked(request) > before || null));
  };
  let browser: Browser;
  let page: Page;
  const heading = (name: string) => page.getByRole('heading', { name, exact: true }).waitFor();

  beforeAll(async () => {
    browser = await startChromium(executablePath);
    page = await browser.newPage();
    page.setDefaultTimeout(PATIENCE_MS);
    await page.clock.install();
    await page.goto(server.url);
  });
  afterAll(async () => {
    await browser.close();
    await server.close();
  });

  test('says that nothing is measured until something is, and ends a read while much happens', async () => {
    await heading('Nothing is measured yet');
    const list = 'GET /v1/monitors';
    const release = server.hold(list);
    for (let i = 0; i < 3; i++) {
      // Both are read again in the same moment, and only one of them is slow.
      const other = askedAgain('GET /v1/regions');
      server.tell(RELEASED);
      await other;
    }
    await until('the list is read', () => Promise.resolve(asked(list) > 1 || null));
    expect([asked(list), server.givenUp.includes(list)]).toEqual([2, false]);
    arePending = false;
    const again = askedAgain(list);
    release();
    await again;
    await heading('Everything is up');
    expect(server.givenUp.includes(list)).toBe(false);
  });

  test('reads the history of what is on the screen, and as long as it is', async () => {
    const first = 'GET /v1/monitors/m10/history';
    const last = `GET /v1/monitors/m${9 + MONITORS}/history`;
    await until('the first to be read', () => Promise.resolve(asked(first) > 0 || null));
    expect(asked(last)).toBe(0);
    await page.locator('.monitor-row').last().scrollIntoViewIfNeeded();
    await until('the last to be read', () => Promise.resolve(asked(last) > 0 || null));
    const before = asked(first);
    const again = askedAgain(last);
    await page.clock.fastForward(MINUTE);
    await again;
    expect(asked(first)).toBe(before);
  });

  test('names the page, begins at its top, and reads a moment of its bars by keys and by finger', async () => {
    expect(await page.title()).toBe('Overview · TrustMonitor');
    await page.getByRole('link', { name: 'M10', exact: true }).click();
    await heading('M10 up');
    expect(await page.title()).toBe('Monitor m10 · TrustMonitor');
    expect(await page.evaluate('document.activeElement.id')).toBe('main');
    const slider = page.getByRole('slider', { name: 'Moment to read' });
    const said = page.locator('.reading');
    await said.getByText('eu: no data').waitFor();
    await slider.press('Home');
    await said.getByText('eu: 2 up').waitFor();
    expect(await slider.getAttribute('aria-valuetext')).toContain('quorum: no data; eu: 2 up');
    const bar = page.getByRole('img', { name: /^eu: / });
    const { width = 0 } = (await bar.boundingBox()) ?? {};
    await bar.click({ position: { x: width - 2, y: 5 } });
    await said.getByText('eu: no data').waitFor();
    expect(await slider.inputValue()).toBe('59');
  });

  test('is live again by itself after the server was away', async () => {
    const vote = {
      ...{ type: 'vote.cast', monitor: 'm10', round: 'r', region: 'eu', agent: 'a' },
      ...{ vote: 'down', latencyUs: 1, at: new Date().toISOString() },
    };
    await page.getByText('Live', { exact: true }).waitFor();
    server.endStreams(502);
    await page.getByText('Not live').waitFor();
    server.endStreams(200);
    await page.clock.fastForward(8_000);
    await page.getByText('Live', { exact: true }).waitFor();
    server.tell(vote);
    await page.locator('[data-region="eu"].tone-down').waitFor();
  });

  test('says when a part is gone after an upgrade, and leaves the way to the others', async () => {
    server.renew(/written|overview-map/);
    await page.getByRole('link', { name: 'Edit' }).click();
    await page.getByRole('button', { name: 'Load the page again' }).waitFor();
    server.renew(/^never$/);
    await page.getByRole('button', { name: 'Load the page again' }).click();
    await page.getByLabel('Monitor').waitFor();
  });

  test('stays signed in where the server is not told, and leaves nothing of a session that ended', async () => {
    await page.getByRole('link', { name: 'Overview' }).first().click();
    await heading('Everything is up');
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.getByText('The database is away.').waitFor();
    await heading('Everything is up');
    isKnown = false;
    server.tell(RELEASED);
    await heading('Sign in');
    const release = server.hold('GET /v1/monitors');
    await page.getByLabel(/token/i).fill('x'.repeat(40));
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByText('Reading monitors').waitFor();
    expect(await page.getByText('M10').count()).toBe(0);
    release();
    await heading('Everything is up');
  });
});
