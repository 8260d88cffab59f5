// Builds packages/evidence/page into one HTML file that needs nothing else: no request leaves it.
import { createHash } from 'node:crypto';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { isFresh } from './freshness.mjs';
import { ROOT } from './steps.mjs';

const PAGE = join(ROOT, 'packages/evidence/page');
export const PAGE_FILE = join(ROOT, 'packages/evidence/dist/page/verify.html');
const SOURCES = [
  'packages/evidence/page',
  'packages/evidence/src',
  'packages/protocol/src',
  'packages/quorum/src',
  'package-lock.json',
  'scripts/build-page.mjs',
];

/** Builds the page unless it is newer than everything that it is made of. */
export async function buildPage() {
  if (await isFresh(PAGE_FILE, SOURCES)) return;
  const [template, style, script] = await Promise.all([
    readFile(join(PAGE, 'index.html'), 'utf8'),
    readFile(join(PAGE, 'style.css'), 'utf8'),
    bundleScript(),
  ]);
  const html = fill(template, [
    ['{{policy}}', policyFor(script, style)],
    ['<style></style>', `<style>${style}</style>`],
    ['<script type="module"></script>', `<script type="module">${script}</script>`],
  ]);
  await mkdir(dirname(PAGE_FILE), { recursive: true });
  // Whole or not at all: somebody may be serving it.
  const partial = `${PAGE_FILE}.${process.pid}`;
  await writeFile(partial, html);
  await rename(partial, PAGE_FILE);
}

async function bundleScript() {
  // Loaded only when there is something to build: it takes longer than the check.
  const { build } = await import('vite');
  const result = await build({
    root: PAGE,
    configFile: false,
    logLevel: 'error',
    resolve: { conditions: ['@trustmonitor/source', 'import', 'browser', 'default'] },
    build: {
      write: false,
      target: 'es2022',
      modulePreload: false,
      rollupOptions: {
        input: join(PAGE, 'src/main.ts'),
        output: { format: 'iife', inlineDynamicImports: true },
      },
    },
  });
  const { output } = Array.isArray(result) ? result[0] : result;
  if (output.length !== 1) throw new Error(`the page has ${output.length} parts, not one`);
  // Within a script element the HTML parser looks for these, whatever the script means by them.
  return `\n${output[0].code.trim().replaceAll(/<(\/script|!--)/gi, '\\x3C$1')}\n`;
}

/** Nothing runs but this script, and it can ask nobody but the server that it came from. */
function policyFor(script, style) {
  const hash = (text) => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;
  return [
    "default-src 'none'",
    `script-src ${hash(script)}`,
    `style-src ${hash(style)}`,
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
  ].join('; ');
}

/** By function: nothing in a part is taken for a `$&`. */
function fill(template, parts) {
  return parts.reduce((html, [place, part]) => {
    if (html.split(place).length !== 2) throw new Error(`the page has no place for ${place}`);
    return html.replace(place, () => part);
  }, template);
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) await buildPage();
