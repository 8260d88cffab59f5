/** Public pages as anybody sees them, over a running coordinator; and how they are written. */
import type { AuditResource, StatusPage, StatusPageFiles } from '@trustmonitor/protocol';
import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { selectVerdictDays } from '../src/store/status-pages.ts';
import { openDatabase } from '../src/store/database.ts';
import type { List } from './support/api-client.ts';
import { testNetwork } from './support/network.ts';
import { expectVerifies } from './support/verify.ts';

const network = await testNetwork();
await network.start();
const { api } = network;
const anybody = api.as(null);
beforeEach(() => network.showLogsOnFailure());

const SECRET = 'a-token-that-nobody-may-see';
const PAGE: StatusPage = {
  id: 'shop',
  title: 'The shop',
  groups: [{ name: 'Everything', select: { labels: { public: 'yes' } } }],
  evidence: true,
};
const put = (page: StatusPage, headers = {}) =>
  api.call<StatusPage>('PUT', `/v1/status-pages/${page.id}`, { body: page, headers });

let incident = '';
beforeAll(async () => {
  const http = { headers: { authorization: SECRET } };
  network.voteAll('broken', 'up');
  await api.create('broken', { labels: { public: 'yes', cost: 'cost-centre-7' }, http });
  await api.create('inner', { name: 'Nobody hears of this one' });
  await api.verdict('broken', 'up');
  network.voteAll('broken', 'down');
  incident = (await api.incidentOf('broken', 'open')).id;
  expect((await put(PAGE)).status).toBe(200);
});

describe('a page', () => {
  test('is there for anybody, and says what is open', async () => {
    const redirect = await fetch(`${api.url}/status`, { redirect: 'manual' });
    expect(redirect.headers.get('location')).toBe('/status/shop/');
    const { status, text, headers } = await anybody.call('GET', '/status/shop/');
    expect(status).toBe(200);
    expect(headers.get('content-security-policy')).toContain("default-src 'none'");
    expect(text).toContain('is down');
    const again = { 'if-none-match': headers.get('etag') ?? '' };
    expect((await anybody.call('GET', '/status/shop/', { headers: again })).status).toBe(304);
    expect((await anybody.call('GET', `/status/shop/incidents/${incident}.html`)).status).toBe(200);
  });

  test('says in its own documents what may run in them, as the header says it', async () => {
    for (const path of ['', 'history.html', `incidents/${incident}.html`]) {
      const { text, headers } = await anybody.call('GET', `/status/shop/${path}`);
      const [, said] = /http-equiv="content-security-policy" content="([^"]+)"/.exec(text) ?? [];
      expect(said).toContain("default-src 'none'");
      expect(headers.get('content-security-policy')).toBe(`${said}; frame-ancestors 'none'`);
    }
    const verifier = await anybody.call('GET', '/status/shop/verify.html');
    expect(verifier.headers.get('content-security-policy')).toBeNull();
  });

  test('says what people say of an incident to the public, and nothing that they say to others', async () => {
    const note = (body: object) => api.call('POST', `/v1/incidents/${incident}/notes`, { body });
    await note({ note: 'It was Eve who pulled the plug' });
    const { body } = await note({ note: 'We know why, and mend it', public: true });
    expect(body).toMatchObject({ kind: 'note', public: true });
    // A page that nobody has looked at is made anew.
    await put({ ...PAGE, id: 'told' });
    const { files } = await api.get<StatusPageFiles>(
      '/v1/status-pages/told/files?base=https://status.example/',
    );
    const text = new Map(files.map((file) => [file.path, file.text]));
    const paths = [`incidents/${incident}.html`, 'feed.atom', 'api/v2/summary.json', 'index.html'];
    for (const path of paths) {
      expect([path, text.get(path)?.includes('We know why, and mend it')]).toEqual([path, true]);
    }
    expect(JSON.stringify(files)).not.toContain('pulled the plug');
    expect(text.get(`incidents/${incident}.html`)).toContain('Confirmed and recorded: down.');
  });

  test('tells of maintenance that is over, of what it shows', async () => {
    const at = (agoMs: number) => new Date(Date.now() - agoMs).toISOString();
    const definition = { selector: {}, reason: 'A new rack' };
    await network.sql.rows(
      `insert into maintenance_window (id, definition, planned_until, removed_at) values ('rack', '{}', now(), now())`,
    );
    await network.sql.rows(
      `insert into maintenance_occurrence (id, window_id, definition, starts_at, ends_at, monitors)
       select uuid7(), 'rack', '${JSON.stringify(definition)}', '${at(7_200_000)}', ends, monitors
         from (values ('${at(3_600_000)}'::timestamptz, '{broken,inner}'::text[]),
                      ('${at(7_200_000)}', '{broken}'), ('${at(3_600_000)}', '{inner}')) v (ends, monitors)`,
    );
    await put({ ...PAGE, id: 'racks' });
    const { text } = await anybody.call('GET', '/status/racks/history.html');
    expect(text.match(/Maintenance: A new rack.*?: broken</gs)).toHaveLength(1);
    expect(text.match(/A new rack/g)).toHaveLength(1);
    const json = await anybody.call('GET', '/status/racks/api/v2/scheduled-maintenances.json');
    expect(json.body).toMatchObject({ scheduled_maintenances: [{ status: 'completed' }] });
  });

  test('gives away the evidence of what it shows, where it is told to, and it verifies', async () => {
    const { text } = await anybody.call('GET', `/status/shop/evidence/${incident}.json`);
    await expectVerifies(network, Buffer.from(text));
    await put({ ...PAGE, id: 'silent', evidence: false });
    const silent = await anybody.call('GET', `/status/silent/evidence/${incident}.json`);
    expect(silent.status).toBe(404);
  });

  test.each([true, false])(
    'holds nothing of how a monitor is configured, in no file but its evidence (evidence: %s)',
    async (evidence) => {
      await put({ ...PAGE, id: 'bare', evidence });
      const { files } = await api.get<StatusPageFiles>(
        '/v1/status-pages/bare/files?base=https://status.example/',
      );
      expect(files.map(({ path }) => path)).toEqual(
        expect.arrayContaining(['index.html', 'feed.atom', 'api/v2/summary.json', 'style.css']),
      );
      const { check } = await api.monitor('broken');
      const address = new URL('url' in check ? check.url : '').host;
      for (const { path, text } of files) {
        const isBundle = path.startsWith('evidence/');
        expect(isBundle && !evidence).toBe(false);
        // What is signed is the check as it was made: where, with which headers, and what was wanted.
        if (isBundle) expect(text).toContain('authorization');
        const secrets = isBundle ? [] : [SECRET, 'cost-centre-7', 'Nobody hears', address];
        for (const secret of secrets) {
          expect([path, secret, text.includes(secret)]).toEqual([path, secret, false]);
        }
      }
    },
  );

  test.each(['/status/none/', '/status/shop/other.html', '/status/shop/../../etc/passwd'])(
    'that is not there is not found: %s',
    async (path) => {
      expect((await anybody.call('GET', path)).status).toBe(404);
    },
  );
});

describe('what a page is made of', () => {
  test('is written, read, guarded by its ETag, audited and taken away', async () => {
    const made = await put({ ...PAGE, id: 'made' });
    const stale = { 'if-match': made.headers.get('etag') ?? '' };
    expect((await put({ ...PAGE, id: 'made', title: 'Other' }, stale)).status).toBe(200);
    expect((await put({ ...PAGE, id: 'made', title: 'Late' }, stale)).body).toMatchObject({
      code: 'conflict',
    });
    const { data } = await api.get<List<StatusPage>>('/v1/status-pages');
    expect(data.find(({ id }) => id === 'made')?.title).toBe('Other');
    expect((await api.call('DELETE', '/v1/status-pages/made')).status).toBe(204);
    expect((await anybody.call('GET', '/status/made/')).status).toBe(404);
    const audit = await api.get<List<AuditResource>>('/v1/audit?subject=made');
    expect(audit.data.map(({ action }) => action)).toEqual([
      'status_page.deleted',
      'status_page.written',
      'status_page.written',
    ]);
  });

  test('may have a logo of its own, which is served as what it is', async () => {
    const png = Buffer.from('89504e470d0a1a0a00ff', 'hex');
    const logo = `data:image/png;base64,${png.toString('base64')}`;
    expect((await put({ ...PAGE, id: 'branded', logo })).status).toBe(200);
    const response = await fetch(`${api.url}/status/branded/logo.png`);
    expect(Buffer.from(await response.arrayBuffer())).toEqual(png);
    expect(response.headers.get('content-type')).toBe('image/png');
    expect(response.headers.get('x-content-type-options')).toBe('nosniff');
  });

  test('is named where there are several, unless it is not to be', async () => {
    await put({ ...PAGE, id: 'other', title: 'Another <shop>' });
    await put({ ...PAGE, id: 'quiet', title: 'For those who know', listed: false });
    const { status, text, headers } = await anybody.call('GET', '/status');
    expect(status).toBe(200);
    expect(headers.get('content-security-policy')).toContain("default-src 'none'");
    expect(text).toContain('<a href="/status/other/"><b>Another &lt;shop&gt;</b></a>');
    expect(text).toContain('<a href="/status/shop/">');
    expect(text).not.toContain('For those who know');
  });

  test.each([
    ['a selector with an unknown field', { groups: [{ name: 'All', select: { tags: ['x'] } }] }],
    ['a logo that is no address', { logo: 'javascript:alert(1)' }],
    ['a colour that is none', { accent: 'red;}' }],
    [
      'colours that cannot be read',
      { colours: { dark: { background: '#777777', text: '#888888' } } },
    ],
    ['a logo that can hold scripts', { logo: 'data:image/svg+xml;base64,PHN2Zy8+' }],
    ['a logo that is no picture', { logo: 'data:image/png;base64,PHN2Zy8+' }],
    ['no group', { groups: [] }],
  ])('is refused with %s', async (_name, changes) => {
    const body = { ...PAGE, id: 'bad', ...changes };
    const { status, body: problem } = await api.call('PUT', '/v1/status-pages/bad', { body });
    expect([status, problem.code]).toEqual([422, 'input.invalid']);
  });
});

test('days that are not rolled up yet are read from their hours and minutes', async () => {
  const database = await openDatabase({ url: network.config.databaseUrl });
  const hour = 3_600_000;
  const today = Math.floor(Date.now() / (24 * hour)) * 24 * hour;
  const at = (ms: number) => new Date(ms).toISOString();
  const times = (up: number) => `0, 0, 0, 0, 0, ${up}, 0, 0, 1000, 0`;
  const yesterday = today - 24 * hour;
  await network.sql.rows(`insert into verdict_day values
    ('days', '${at(yesterday - 24 * hour)}', ${times(1)}), ('days', '${at(yesterday)}', ${times(2)})`);
  await network.sql.rows(`insert into verdict_hour values
    ('days', '${at(yesterday)}', ${times(30)}), ('days', '${at(yesterday + hour)}', ${times(40)})`);
  await network.sql.rows(`insert into verdict_minute values
    ('days', '${at(yesterday + hour)}', ${times(500)}), ('days', '${at(today)}', ${times(600)})`);
  await network.sql.rows(`insert into rollup_due (level, monitor, at) values
    ('day', 'days', '${at(yesterday)}'), ('hour', 'days', '${at(yesterday + hour)}'),
    ('day', 'days', '${at(today)}'), ('hour', 'days', '${at(today)}')`);
  const days = await selectVerdictDays(database, ['days'], new Date(yesterday - 24 * hour));
  expect(days.map(({ day, up, down }) => [day.getTime(), up, down])).toEqual([
    [yesterday - 24 * hour, 1, 1000],
    [yesterday, 530, 2000],
    [today, 600, 1000],
  ]);
  await database.close();
});
