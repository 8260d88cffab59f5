/** Rules and dashboards ask for what there is: docs/metrics.md, which another test holds to the code. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test, type TestContext } from 'vitest';
import { parse, stringify } from 'yaml';
import { DEPLOY } from './support/compose.ts';

const read = (...names: readonly string[]) => readFileSync(join(DEPLOY, ...names), 'utf8');

interface Rules {
  readonly groups: readonly {
    readonly rules: readonly { readonly record?: string; readonly expr: string }[];
  }[];
}
interface Dashboard {
  readonly uid: string;
  readonly panels: readonly {
    readonly id: number;
    readonly title: string;
    readonly gridPos: { readonly x: number; readonly y: number; w: number; h: number };
    readonly targets: readonly { readonly expr: string }[];
  }[];
  readonly templating: { readonly list: readonly { readonly definition: string }[] };
}

const DASHBOARDS = readdirSync(join(DEPLOY, 'grafana/dashboards'));
const rules = (parse(read('prometheus/rules.yml')) as Rules).groups.flatMap((group) => group.rules);
const dashboard = (file: string) => JSON.parse(read('grafana/dashboards', file)) as Dashboard;

/** With Grafana's variables as they could be. */
const filledIn = (expr: string): string =>
  expr.replaceAll('$__rate_interval', '5m').replaceAll(/\$[a-z]+/g, '.*');
const queriesOf = (file: string): string[] =>
  dashboard(file).panels.flatMap(({ targets }) => targets.map(({ expr }) => filledIn(expr)));

const documented = new Set(
  [...read('../docs/metrics.md').matchAll(/^\| `([a-z_]+)` /gm)].map(([, name]) => name),
);
const unknownIn = (expr: string): string[] =>
  [...expr.matchAll(/\b(?:trustmonitor|probe)_[a-z_]+/g)]
    .map(([name]) => name)
    .filter((name) => !documented.has(name) && !documented.has(name.replace(/_bucket$/, '')));

function promtool(context: TestContext, ...args: readonly string[]) {
  const cwd = join(DEPLOY, 'prometheus');
  const { status, stdout, stderr, error } = spawnSync('promtool', args, { cwd, encoding: 'utf8' });
  if (error !== undefined) context.skip('promtool is not installed (Debian package prometheus)');
  expect([status, status === 0 ? '' : stdout + stderr]).toEqual([0, '']);
}

describe('rules', () => {
  test('ask for metrics that there are, and record under a name that nobody else has', () => {
    expect(documented.size).toBeGreaterThan(50);
    expect(rules.flatMap(({ expr }) => unknownIn(expr))).toEqual([]);
    expect(unknownIn('sum(trustmonitor_no_such_metric)')).toEqual(['trustmonitor_no_such_metric']);
    const recorded = rules.flatMap(({ record }) => record ?? []);
    expect(recorded.filter((name) => !name.includes(':'))).toEqual([]);
  });

  test('are valid, and fire when and only when they should', (context) => {
    promtool(context, 'check', 'rules', 'rules.yml');
    promtool(context, 'test', 'rules', 'rules.test.yml');
  });
});

describe.each(DASHBOARDS)('dashboard %s', (file) => {
  test('asks for metrics that there are; no panel lies on another', () => {
    const { uid, panels, templating } = dashboard(file);
    expect(uid).toBe(`trustmonitor-${file.replace('.json', '')}`);
    const asked = [...queriesOf(file), ...templating.list.map(({ definition }) => definition)];
    expect(asked.length).toBeGreaterThan(3);
    expect(asked.flatMap(unknownIn)).toEqual([]);
    expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
    const cells = panels.flatMap(({ gridPos: { x, y, w, h } }) =>
      Array.from({ length: w * h }, (_, i) => `${x + (i % w)},${y + Math.floor(i / w)}`),
    );
    expect(new Set(cells).size).toBe(cells.length);
  });
});

test('promtool reads every query of the dashboards', (context) => {
  const folder = mkdtempSync(join(tmpdir(), 'tm-queries-'));
  try {
    const asked = DASHBOARDS.flatMap(queriesOf);
    const asRules = asked.map((expr, i) => ({ record: `query:number_${i}`, expr }));
    const file = join(folder, 'queries.yml');
    writeFileSync(file, stringify({ groups: [{ name: 'dashboards', rules: asRules }] }));
    promtool(context, 'check', 'rules', file);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
