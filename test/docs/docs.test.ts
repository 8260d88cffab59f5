/** The documents say what is: paths exist, errors and settings are all there. */
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { AGENT_SETTINGS } from '@trustmonitor/agent';
import { ERROR_CATALOGUE } from '@trustmonitor/protocol';
import { describe, expect, test } from 'vitest';

const ROOT = resolve(import.meta.dirname, '../..');
const read = (path: string): string => readFileSync(join(ROOT, path), 'utf8');
const filesIn = (folder: string, recursive: boolean): string[] =>
  readdirSync(join(ROOT, folder), { recursive, encoding: 'utf8' }).map((name) =>
    join(folder, name),
  );
const DOCUMENTS = [...filesIn('.', false), ...filesIn('docs', true)].filter((path) =>
  path.endsWith('.md'),
);

test('there are documents to look at', () => {
  expect(DOCUMENTS).toContain('README.md');
  expect(DOCUMENTS).toContain('ARCHITECTURE.md');
});

describe.each(DOCUMENTS)('%s', (document) => {
  test('names only paths that exist', () => {
    const named = [
      ...read(document).matchAll(/`((?:packages|scripts|docs|test|deploy)\/[^\s`*]*)`/g),
    ]
      .map(([, path]) => path ?? '')
      .filter((path) => !/[{}<>$]|\/dist\//.test(path));
    expect(named.filter((path) => !existsSync(join(ROOT, path)))).toEqual([]);
  });

  test('links only to what exists', () => {
    const links = [...read(document).matchAll(/\]\(([^)#\s]+)[^)]*\)/g)]
      .map(([, target]) => target ?? '')
      .filter((target) => !/^[a-z]+:/.test(target));
    expect(links.filter((link) => !existsSync(join(ROOT, dirname(document), link)))).toEqual([]);
  });
});

test('ARCHITECTURE.md has a row for every package', () => {
  const packages = filesIn('packages', false);
  expect(packages.length).toBeGreaterThan(5);
  const text = read('ARCHITECTURE.md');
  expect(packages.filter((path) => !text.includes(`| \`${path}\` `))).toEqual([]);
});

test('docs/errors.md lists exactly the codes of the catalogue', () => {
  const listed = [...read('docs/errors.md').matchAll(/^\| `([a-z_.]+)` .*\| (\d{3}) +\| \S/gm)];
  const expected = Object.entries(ERROR_CATALOGUE).map(([code, { http }]) => [code, String(http)]);
  expect(listed.map(([, code, http]) => [code, http])).toEqual(expected);
});

test('docs/configuration.md names every setting of agent and coordinator', () => {
  const text = read('docs/configuration.md');
  const coordinator = read('packages/coordinator/src/config.ts').match(
    /(?:TM_[A-Z_]+|DATABASE_URL)/g,
  );
  const agent = Object.values(AGENT_SETTINGS).map(({ name }) => name);
  const names = new Set([...(coordinator ?? []), ...agent]);
  expect(names.size).toBeGreaterThan(10);
  expect([...names].filter((name) => !text.includes(`\`${name}\``))).toEqual([]);
});
