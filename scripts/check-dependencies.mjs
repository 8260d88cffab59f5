// `npm run deps`: holds .dependency-cruiser.cjs against the sources of every package.
//
// A misconfigured dependency-cruiser finds nothing to look at and calls that a success. So
// it must have seen every source file, and each rule must catch a violation that is planted
// for it, every time.
import { readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { cruise } from 'dependency-cruiser';
import { VIOLATIONS, withPlanted } from './planted-violations.mjs';
import { ROOT, runMain, StepFailed } from './steps.mjs';

const { forbidden, options } = createRequire(import.meta.url)('../.dependency-cruiser.cjs');

/** @returns {Promise<{ modules: string[], violations: { rule: string, text: string }[] }>} */
async function inspect(baseDir, folders) {
  const { output } = await cruise(
    folders,
    { ...options, baseDir, validate: true, ruleSet: { forbidden } },
    options.enhancedResolveOptions,
  );
  return {
    modules: output.modules.map(({ source }) => source),
    violations: output.summary.violations.map(({ rule, from, to }) => ({
      rule: rule.name,
      text: `${rule.name}: ${from} -> ${to}`,
    })),
  };
}

/** The folders with sources, and every TypeScript file in them, relative to the root. */
function sources() {
  return readdirSync(join(ROOT, 'packages'))
    .map((name) => `packages/${name}/src`)
    .map((folder) => ({ folder, files: typescriptIn(folder) }))
    .filter(({ files }) => files.length > 0);
}

function typescriptIn(folder) {
  try {
    return readdirSync(join(ROOT, folder), { recursive: true })
      .filter((name) => /\.tsx?$/.test(name))
      .map((name) => `${folder}/${name.replaceAll('\\', '/')}`);
  } catch {
    return [];
  }
}

async function checkSources() {
  const packages = sources();
  if (packages.length === 0) throw new StepFailed('no package has sources: nothing was checked');
  const { modules, violations } = await inspect(
    ROOT,
    packages.map(({ folder }) => folder),
  );
  const seen = new Set(modules);
  const missed = packages.flatMap(({ files }) => files.filter((file) => !seen.has(file)));
  if (missed.length > 0) {
    throw new StepFailed(`not looked at, so not checked:\n  ${missed.join('\n  ')}`);
  }
  if (violations.length > 0) {
    const list = violations.map(({ text }) => text).join('\n  ');
    throw new StepFailed(`the dependency rule is broken:\n  ${list}`);
  }
  const counts = packages.map(({ folder, files }) => `${folder.split('/')[1]} ${files.length}`);
  process.stdout.write(`modules looked at: ${counts.join(', ')}\n`);
}

async function checkRules() {
  const unproven = forbidden
    .map(({ name }) => name)
    .filter((name) => !VIOLATIONS.some(({ rule }) => rule === name));
  if (unproven.length > 0) throw new StepFailed(`no planted violation for ${unproven.join(', ')}`);

  for (const violation of [undefined, ...VIOLATIONS]) {
    const { violations } = await withPlanted(violation, (folder) => inspect(folder, ['packages']));
    const caught = violations.map(({ rule }) => rule);
    if (violation === undefined ? caught.length > 0 : !caught.includes(violation.rule)) {
      throw new StepFailed(
        `the rules are blind: ${JSON.stringify(violation ?? 'a clean tree')} gave [${caught}]`,
      );
    }
  }
  process.stdout.write(`planted violations caught: ${VIOLATIONS.length}\n`);
}

await runMain(async () => {
  await checkRules();
  await checkSources();
  return 0;
});
