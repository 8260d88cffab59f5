/** Status pages from the command line: listed, written, and exported as files. */
import { mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { EXIT } from '../src/exit.ts';
import { fakeApi, tmWith } from './fake-api.ts';
import { tm } from './harness.ts';

const PAGE = { id: 'shop', title: 'The shop', groups: [{ name: 'All', select: {} }] };
const BASE = 'https://status.example/';
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tm-status-pages-'));
});
afterAll(() => rm(folder, { recursive: true }));

const fileOf = (path: string) => ({ path, type: 'text/html', text: `of ${path}` });

async function serve(paths: readonly string[]) {
  const { url, asked } = await fakeApi(({ url: path }) => {
    if (path.includes('/files')) return { body: { base: BASE, files: paths.map(fileOf) } };
    return { body: path.endsWith('/shop') ? PAGE : { data: [PAGE], nextCursor: null } };
  });
  return { env: { TM_URL: url, TM_TOKEN: 't' }, asked };
}

test('pages are listed and written', async () => {
  const { env, asked } = await serve([]);
  const listed = await tm(['status-pages'], { env });
  expect(listed.stdout).toBe(
    'PAGE  TITLE     GROUPS  EVIDENCE\nshop  The shop  All     not shown\n',
  );
  const file = join(folder, 'page.yaml');
  await writeFile(file, 'id: shop\ntitle: The shop\ngroups: [{ name: All, select: {} }]\n');
  const written = await tm(['status-pages', 'write', file], { env });
  expect(written).toMatchObject({
    code: EXIT.ok,
    stdout: 'shop is at /status/shop/ of the coordinator.\n',
  });
  expect(asked.at(-1)).toMatchObject({ method: 'PUT', url: '/v1/status-pages/shop' });
});

test('a logo beside the page is sent with it, and written as the bytes that it is', async () => {
  const png = Buffer.from('89504e470d0a1a0a00ff', 'hex');
  await writeFile(join(folder, 'logo.png'), png);
  const file = join(folder, 'branded.yaml');
  await writeFile(
    file,
    'id: shop\ntitle: S\nlogo: ./logo.png\ngroups: [{ name: All, select: {} }]\n',
  );
  const { env, asked } = await serve([]);
  expect((await tm(['status-pages', 'write', file], { env })).code).toBe(EXIT.ok);
  const text = png.toString('base64');
  expect(asked.at(-1)?.body).toMatchObject({ logo: `data:image/png;base64,${text}` });

  const logo = { path: 'logo.png', type: 'image/png', text, encoding: 'base64' };
  const out = join(folder, 'branded');
  const args = ['status-pages', 'export', 'shop', '--out', out, '--base', BASE];
  await tmWith(args, () => ({ body: { base: BASE, files: [logo] } }));
  expect(await readFile(join(out, 'logo.png'))).toEqual(png);
});

test.each([
  [
    'id: shop\ntitle: S\nlogo: logo.svg\ngroups: [{ name: All, select: {} }]\n',
    'svg.yaml',
    'logo.svg is no',
  ],
  ['not: [yaml', 'page.yaml', 'at line 1'],
  ['id: shop\ntitel: The shop\ngroups: []\n', 'page.yaml', '/title is required'],
])('a bad page is refused before anything is sent: %j', async (text, name, said) => {
  const { env, asked } = await serve([]);
  const file = join(folder, name);
  await writeFile(file, text);
  const { code, stderr } = await tm(['status-pages', 'write', file], { env });
  expect([code, asked]).toEqual([EXIT.usage, []]);
  expect(stderr).toContain(said);
  expect(stderr).toContain(file);
});

test('a page is exported into folders as the server names them', async () => {
  const { env, asked } = await serve(['index.html', 'api/v2/summary.json']);
  const out = join(folder, 'out');
  const args = ['status-pages', 'export', 'shop', '--out', out, '--base', 'https://status.example'];
  expect(await tm(args, { env })).toMatchObject({ code: EXIT.ok });
  expect(asked[0]?.url).toBe(`/v1/status-pages/shop/files?base=${encodeURIComponent(BASE)}`);
  expect(await readFile(join(out, 'api/v2/summary.json'), 'utf8')).toBe('of api/v2/summary.json');
});

test('an export takes away what an earlier one wrote, and nothing else', async () => {
  const out = join(folder, 'again');
  const args = ['status-pages', 'export', 'shop', '--out', out, '--base', BASE];
  const first = await serve(['index.html', 'badges/old.svg', 'evidence/old.json']);
  await tm(args, { env: first.env });
  await writeFile(join(out, 'robots.txt'), 'mine');
  await writeFile(join(out, 'badges/mine.svg'), 'mine');
  const second = await serve(['index.html', 'badges/new.svg']);
  const { stdout } = await tm(args, { env: second.env });
  expect(stdout).toContain('Deleted 2 of an earlier export.');
  const left = await readdir(out, { recursive: true });
  expect(left.filter((path) => path.includes('.')).toSorted()).toEqual([
    '.trustmonitor-files.json',
    'badges/mine.svg',
    'badges/new.svg',
    'index.html',
    'robots.txt',
  ]);
  // A list that leads out of the folder is not ours.
  await writeFile(join(out, '.trustmonitor-files.json'), '["../page.yaml"]');
  const third = await serve(['index.html']);
  const refused = await tm(args, { env: third.env });
  expect([refused.code, refused.stderr]).toEqual([
    EXIT.notAllowed,
    expect.stringContaining('empty the folder'),
  ]);
});

test.each(['../evil.html', '/etc/evil.html', 'a/../../evil.html', '.htaccess'])(
  'a path that leads elsewhere is refused, and nothing is written: %s',
  async (path) => {
    const { env } = await serve(['index.html', path]);
    const out = join(folder, 'none');
    const args = ['status-pages', 'export', 'shop', '--out', out, '--base', BASE];
    expect((await tm(args, { env })).stderr).toContain(path);
    expect(await readdir(folder)).not.toContain('none');
  },
);
