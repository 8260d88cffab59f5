/**
 * Holds docs/evidence.md against the code. `TM_UPDATE_DOCS=1` writes what the code says into the
 * page; the change is then for a reviewer to see.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import {
  CHECKS,
  MAX_BATCH_BYTES,
  MAX_BATCH_RESULTS,
  MAX_BUNDLE_BYTES,
  MAX_CLOCK_SKEW_MS,
  MAX_LEAF_BYTES,
  REPORT_CHECKS,
  nobleVerifier,
  verifyBundle,
} from '@trustmonitor/evidence';
import { workedExample } from './fixture/example.ts';

const PAGE = new URL('../../../docs/evidence.md', import.meta.url);
const { blocks, bundle, rootFile } = workedExample();

const LIMITS = [
  ['a bundle', `${MAX_BUNDLE_BYTES} bytes`],
  ['a batch message', `${MAX_BATCH_BYTES} bytes`],
  ['results in a batch', String(MAX_BATCH_RESULTS)],
  ['a result', `${MAX_LEAF_BYTES} bytes`],
  ["an agent's clock against the coordinator's", `${MAX_CLOCK_SKEW_MS} ms`],
];
const tableOf = (rows: readonly (readonly string[])[]) =>
  rows.map((cells) => `| ${cells.join(' | ')} |\n`).join('');

/** Prettier pads the cells of tables; that is its business. */
const squeezed = (page: string) => page.replaceAll(/ {2,}/g, ' ').replaceAll(/-{3,}/g, '---');

/** The page with everything that comes from the code put in. */
function written(page: string): string {
  let text = page;
  const rowsOf = (checks: Readonly<Record<string, string>>) =>
    Object.entries(checks).map(([code, title]) => [`\`${code}\``, title]);
  for (const [name, rows] of [
    ['checks', [['code', 'what holds'], ['---', '---'], ...rowsOf(CHECKS)]],
    ['report-checks', [['code', 'what holds'], ['---', '---'], ...rowsOf(REPORT_CHECKS)]],
    ['limits', [['what', 'limit'], ['---', '---'], ...LIMITS]],
  ] as const) {
    const place = new RegExp(`<!-- ${name} -->\\n\\n(?:\\|.*\\n)*`);
    expect(text, `the page has a place for ${name}`).toMatch(place);
    text = text.replace(place, () => `<!-- ${name} -->\n\n${tableOf(rows)}`);
  }
  for (const [name, value] of Object.entries(blocks)) {
    const place = new RegExp(`<!-- example: ${name} -->\\n(?:\\n\`\`\`text\\n[^\`]*\`\`\`\\n)?`);
    expect(text, `the page has a place for ${name}`).toMatch(place);
    text = text.replace(place, () => `<!-- example: ${name} -->\n\n\`\`\`text\n${value}\n\`\`\`\n`);
  }
  return text;
}

describe('docs/evidence.md', () => {
  it('has the checks, the limits and the example as the code has them', () => {
    const page = readFileSync(PAGE, 'utf8');
    const expected = written(page);
    if (process.env['TM_UPDATE_DOCS'] === '1') writeFileSync(PAGE, expected);
    else expect(squeezed(page)).toBe(squeezed(expected));
  });

  it('shows an example that verifies', () => {
    const report = verifyBundle(bundle, rootFile, { verifier: nobleVerifier });
    expect(report.checks.filter(({ ok }) => !ok)).toEqual([]);
    expect(report.bundleDigest).toBe(blocks['bundle-digest']);
  });

  it('describes every check', () => {
    const page = readFileSync(PAGE, 'utf8');
    const section = page.slice(page.indexOf('What each of them takes in'));
    for (const code of Object.keys(CHECKS)) expect(section).toContain(`\`${code}\``);
  });
});
